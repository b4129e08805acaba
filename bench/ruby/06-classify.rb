# case with texts, ranges and regular expressions, downcase, start_with?, end_with?, include?, &., ternary, unless, tags.
# event: {"level":"WARN","service":"checkout-api","status":503,"url":"/api/v2/orders/93817?expand=items","method":"POST","user":{"name":"Anna.Larsson","groups":["staff","billing"]},"host":{"name":"FRA-WEB-07.example.net"}}
case event.get("level").to_s.downcase
when "trace", "debug" then event.set("severity", 7)
when "info", "notice" then event.set("severity", 6)
when "warn", "warning" then event.set("severity", 4)
else event.set("severity", 3)
end
outcome = case event.get("status")
          when 200..299 then "success"
          when 300..399 then "redirect"
          when 400..499 then "refused"
          else "failure"
          end
event.set("[event][outcome]", outcome)
url = event.get("url")
area = case url
       when /\A\/api\/v\d+\/(\w+)/ then "api"
       when /\.(?:css|js|png)\z/ then "static"
       else "page"
       end
event.set("[page][area]", area)
event.set("[page][has_query]", url.include?("?") ? true : false)
host = event.get("[host][name]")&.downcase
event.set("[host][name]", host)
event.set("site", host.start_with?("fra-") ? "frankfurt" : "elsewhere")
event.tag("internal") if host.end_with?(".example.net")
user = event.get("[user][name]")
unless user.nil? || user.empty?
  event.set("[user][id]", user.downcase.tr(".", "_"))
end
event.set("writes", ["POST", "PUT", "DELETE"].include?(event.get("method")))
