# frozen_string_literal: true

require "erb"
require "json"
require "net/http"

# A session could not be read. What the server said about it is in the attributes, where it said anything.
class HppError < StandardError
  attr_reader :http_status, :error_code, :error_messages, :correlation_id

  def initialize(message, http_status: nil, body: nil)
    super(message)
    error = body.is_a?(Hash) ? body : {}
    @http_status = http_status
    @error_code, @error_messages, @correlation_id = error.values_at("error_code", "error_messages", "correlation_id")
  end
end

# Reads hosted payment page sessions with Net::HTTP.
class HppClient
  # What can go wrong between here and a whole answer.
  NETWORK = [SystemCallError, IOError, SocketError, Timeout::Error, OpenSSL::SSL::SSLError, Net::ProtocolError,
             Net::HTTPBadResponse, Net::HTTPHeaderSyntaxError, Zlib::Error].freeze

  # `ca_file` is a certificate authority to trust in place of the system's.
  def initialize(base_url, username, api_key, ca_file = nil)
    @sessions = "#{base_url.chomp("/")}/hpp/v1/sessions"
    @username = username
    @api_key = api_key
    @ca_file = ca_file
  end

  # The session as it was sent, a Hash. Statuses may be added: expect ones you do not know.
  # `timeout` is in seconds, for connecting and for each piece of the answer. Raises HppError.
  def read_session(session_id, timeout: 10)
    response = get(URI("#{@sessions}/#{ERB::Util.url_encode(session_id)}"), timeout)
    body = parsed(response.body)
    status = response.code.to_i
    raise HppError.new("refused with HTTP #{status}", http_status: status, body: body) unless status == 200
    raise HppError.new("the answer is no session", http_status: status) unless body.is_a?(Hash)

    body
  end

  private

  def get(uri, timeout)
    request = Net::HTTP::Get.new(uri)
    request.basic_auth(@username, @api_key)
    options = { use_ssl: uri.scheme == "https", ca_file: @ca_file, open_timeout: timeout, read_timeout: timeout }
    Net::HTTP.start(uri.hostname, uri.port, **options) { |http| http.request(request) }
  rescue *NETWORK => e
    raise HppError, "no answer: #{e.class}"
  end

  # JSON is UTF-8, whatever the response declares; nil for what is no JSON.
  def parsed(text)
    text = text.to_s.dup.force_encoding(Encoding::UTF_8)
    JSON.parse(text) if text.valid_encoding?
  rescue JSON::ParserError
    nil
  end
end
