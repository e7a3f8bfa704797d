# The reference engine (Shopify's liquid, 5.4), as a filter: each line of standard input is a JSON
# object with "template" and "data", each line of standard output one with "output" or "error".
# The instant and the time zone are those of crates/message/examples/render.rs.

require "date"
require "json"
require "liquid"

ENV["TZ"] = "UTC"
NOW = Time.utc(2026, 11, 20, 10, 5, 9)
class << Time
  define_method(:now) { |**| NOW }
end

STDIN.each_line do |line|
  asked = JSON.parse(line)
  begin
    template = Liquid::Template.parse(asked["template"], error_mode: :strict)
    puts JSON.generate({ output: template.render(asked["data"], strict_filters: true) })
  rescue StandardError => error
    puts JSON.generate({ error: error.message })
  end
end
