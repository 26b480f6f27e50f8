import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** As much JSON as these examples need, because the JDK has none. In code of your own use a library. */
final class Json {
    private static final String ESCAPES = "\"\\/bfnrt", MEANINGS = "\"\\/\b\f\n\r\t";
    private static final int DEEP = 100;

    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Maps, lists, strings, BigDecimals, booleans or null. Throws IllegalArgumentException for what is no JSON. */
    static Object parse(String text) {
        var json = new Json(text);
        var value = json.value(0);
        json.expect('\0');
        return value;
    }

    static String write(Object value) {
        if (value instanceof Map<?, ?> map) {
            var members = map.entrySet().stream().map(one -> write(one.getKey()) + ":" + write(one.getValue()));
            return members.collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof Collection<?> items) {
            return items.stream().map(Json::write).collect(Collectors.joining(",", "[", "]"));
        }
        return value instanceof CharSequence words ? quote(words) : String.valueOf(value);
    }

    private static String quote(CharSequence words) {
        return words.chars().mapToObj(c -> c < ' ' || c == '"' || c == '\\' ? String.format("\\u%04x", c)
                : Character.toString(c)).collect(Collectors.joining("", "\"", "\""));
    }

    private Object value(int depth) {
        if (depth > DEEP) throw new IllegalArgumentException("nested too deeply");
        if (take('{')) return object(new LinkedHashMap<>(), depth + 1);
        if (take('[')) return list(new ArrayList<>(), depth + 1);
        return take('"') ? string() : literal();
    }

    private Object object(Map<String, Object> members, int depth) {
        if (take('}')) return members;
        do {
            expect('"');
            var name = string();
            expect(':');
            members.put(name, value(depth));
        } while (take(','));
        expect('}');
        return members;
    }

    private Object list(List<Object> items, int depth) {
        if (take(']')) return items;
        do items.add(value(depth)); while (take(','));
        expect(']');
        return items;
    }

    private String string() {
        var words = new StringBuilder();
        for (var c = next(); c != '"'; c = next()) {
            if (c < ' ') throw new IllegalArgumentException("a string without an end");
            words.append(c == '\\' ? escaped(next()) : c);
        }
        return words.toString();
    }

    private char escaped(char c) {
        if (c == 'u' && at + 4 <= text.length()) return (char) Integer.parseInt(text.substring(at, at += 4), 16);
        if (ESCAPES.indexOf(c) < 0) throw new IllegalArgumentException("an unknown escape");
        return MEANINGS.charAt(ESCAPES.indexOf(c));
    }

    private Object literal() {
        var start = at;
        while ("+-.0123456789Eaeflnrstu".indexOf(peek()) >= 0) at++;
        var word = text.substring(start, at);
        if (word.equals("null")) return null;
        return word.equals("true") || word.equals("false") ? (Object) word.equals("true") : new BigDecimal(word);
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private char next() {
        var c = peek();
        at++;
        return c;
    }

    /** Skips white space, then `wanted` if it comes next. */
    private boolean take(char wanted) {
        while (" \t\r\n".indexOf(peek()) >= 0) at++;
        var found = peek() == wanted;
        if (found) at++;
        return found;
    }

    private void expect(char wanted) {
        if (!take(wanted)) throw new IllegalArgumentException("no JSON at character " + at);
    }
}
