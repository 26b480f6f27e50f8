require "net/http"
require "vcr"

authorization, *urls = ARGV
VCR.configure do |config|
  config.cassette_library_dir = ".."
  config.hook_into :webmock
  config.allow_http_connections_when_no_cassette = true
end
{
  "ruby-vcr" => {},
  "ruby-vcr-exact" => { preserve_exact_body_bytes: true },
  "ruby-vcr-as-json" => { serialize_with: :json },
}.each do |name, settings|
  Dir.glob("../#{name}.{yml,json}").each { |old| File.delete(old) }
  VCR.use_cassette(name, record: :all, allow_playback_repeats: true, **settings) do
    urls.each do |url|
      uri = URI(url)
      request = Net::HTTP::Get.new(uri, "Authorization" => authorization)
      Net::HTTP.start(uri.host, uri.port) { |http| http.request(request) }
    end
  end
end
