# frozen_string_literal: true

# Lets hpp-contract judge the client beside this: one JSON object a line, in and out. Logs would go to stderr.

require "json"
require_relative "hpp_client"

ERROR = %w[http_status error_code error_messages correlation_id].freeze
HELLO = {
  op: "hello",
  client: { name: "ruby-net-http", version: RUBY_VERSION, language: "ruby" },
  error: ERROR,
  status: "open",
  timestamps: "string"
}.freeze

def answer(ask)
  client = HppClient.new(*ask.values_at("base_url", "username", "password", "ca_file"))
  { session: client.read_session(ask["session_id"], timeout: ask["timeout_ms"] / 1000.0) }
rescue HppError => e
  { error: { type: e.class, message: e.message, **ERROR.to_h { |name| [name.to_sym, e.public_send(name)] } } }
end

$stdout.sync = true
$stdin.each_line do |line|
  message = JSON.parse(line)
  break if message["op"] == "bye"

  puts JSON.generate(message["op"] == "hello" ? HELLO : { id: message["id"], **answer(message) })
end
