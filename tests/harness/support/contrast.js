// The contrast (WCAG 2, relative luminance) of every text on the page with what is behind it, by element.
const parse = (colour) => colour.match(/[\d.]+/g).map(Number);
const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const luminance = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
const behind = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const colour = parse(getComputedStyle(each).backgroundColor);
    if (colour.length === 3 || colour[3] === 1) return colour;
  }
  return [255, 255, 255];
};
const contrasts = {};
for (const element of document.body.querySelectorAll("*")) {
  if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
  const [one, other] = [parse(getComputedStyle(element).color), behind(element)].map(luminance).sort((a, b) => b - a);
  contrasts[`${element.tagName} ${element.innerText.slice(0, 30)}`] = (one + 0.05) / (other + 0.05);
}
return contrasts;
