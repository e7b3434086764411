#include <gtest/gtest.h>

#include <pier/core/json.hpp>
#include <pier/net/message.hpp>

#include "event_text.hpp"
#include "response_head.hpp"

namespace pier::net {
namespace {

TEST(Message, HeadersAnyCaseWholeName) {
  const Headers headers{{"content-type", "a"}, {"Content-Type-Options", "b"}};
  EXPECT_EQ(find_header(headers, "Content-Type"), "a");
  EXPECT_EQ(find_header(headers, "content"), std::nullopt);
}

TEST(Message, ProblemKeepsTheDetailForTheLog) {
  const Response response = problem_response(Error{ErrorCode::kNotFound, "there is no asset x", "SELECT 1"});
  EXPECT_EQ(response.status, 404);
  const auto body = parse_json(std::get<std::string>(response.body));
  ASSERT_TRUE(body.has_value());
  EXPECT_EQ(get_string(body->as_object(), "code").value(), "not_found");
  EXPECT_EQ(get_string(body->as_object(), "detail").value(), "there is no asset x");
  EXPECT_EQ(get_int(body->as_object(), "status").value(), 404);
  EXPECT_EQ(std::get<std::string>(response.body).find("SELECT"), std::string::npos);
}

TEST(Head, CannotBeSplit) {
  Response response = text_response(200, "text/plain", "x");
  response.headers.emplace_back("X", std::string("a\r\nSet-Cookie: b\n\0c", 19));
  const std::string head = impl::write_head(response, {true, false, "D"});
  EXPECT_EQ(head.find("\r\nSet-Cookie"), std::string::npos);
  EXPECT_NE(head.find("Content-Length: 1\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(Head, Date) {
  EXPECT_EQ(impl::http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Events, ThereAndBack) {
  const std::vector<ServerEvent> events{{"1", "progress", "{\"a\":1}"}, {"", "", "two\nlines"}, {"3", "end", ""}};
  std::string text = ":\n\n";
  for (const ServerEvent& event : events) text += impl::write_event(event) + ":\n\n";
  for (const size_t piece : {size_t{1}, size_t{5}, text.size()}) {
    impl::EventReader reader;
    size_t found = 0;
    for (size_t at = 0; at < text.size(); at += piece) {
      reader.feed(std::string_view(text).substr(at, piece));
      while (const auto event = reader.next()) {
        ASSERT_LT(found, events.size());
        EXPECT_EQ(event->id, events[found].id);
        EXPECT_EQ(event->name, events[found].name);
        EXPECT_EQ(event->data, events[found].data);
        found++;
      }
    }
    EXPECT_EQ(found, events.size());
  }
}

}  // namespace
}  // namespace pier::net
