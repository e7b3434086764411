#include <cerrno>
#include <memory>
#include <set>

#include <gtest/gtest.h>

#include <pier/core/result.hpp>

namespace pier {
namespace {

constexpr int kCodeCount = static_cast<int>(ErrorCode::kInternal) + 1;

Result<int> half(int n) {
  if (n % 2 != 0) return fail(ErrorCode::kInvalidArgument, "odd");
  return n / 2;
}

Result<std::pair<int, int>> halves(int a, int b) {
  return std::pair<int, int>{a / 2, b / 2};
}

Result<int> quarter(int n) {
  PIER_TRY(const int once, half(n));
  PIER_TRY(const int twice, half(once));
  return twice;
}

Result<void> check_twice(int n) {
  PIER_CHECK(half(n));
  PIER_CHECK([&]() -> Result<int> {
    PIER_TRY(const int a, half(n));
    PIER_TRY(const int b, half(a));
    return b;
  }());
  return {};
}

TEST(ResultTest, TryPassesTheValueOn) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(6).error().message, "odd");
  EXPECT_EQ(quarter(3).error().code, ErrorCode::kInvalidArgument);
}

TEST(ResultTest, CheckNestsWithTry) {
  EXPECT_TRUE(check_twice(4));
  EXPECT_FALSE(check_twice(2));
  EXPECT_FALSE(check_twice(1));
}

TEST(ResultTest, TryTakesExpressionsWithCommasAndMoveOnlyValues) {
  const auto sum = []() -> Result<int> {
    PIER_TRY(const auto both, halves(4, 6));
    PIER_TRY(auto owned, Result<std::unique_ptr<int>>{std::make_unique<int>(both.first + both.second)});
    return *owned;
  };
  EXPECT_EQ(sum().value(), 5);
}

TEST(ResultTest, FailInPutsThePlaceInFront) {
  const Result<int> result = fail_in("probe a.mp4", Error{ErrorCode::kTruncated, "ends early", "at 7"});
  EXPECT_EQ(result.error().message, "probe a.mp4: ends early");
  EXPECT_EQ(result.error().detail, "at 7");
}

TEST(ResultTest, EveryCodeHasItsOwnNameAndComesBack) {
  std::set<std::string_view> names;
  for (int i = 0; i < kCodeCount; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    names.insert(to_string(code));
    EXPECT_EQ(error_code_from(to_string(code)), code);
    EXPECT_GE(http_status(code), 400);
    EXPECT_LT(http_status(code), 600);
    const bool is_no = code == ErrorCode::kNotConform || code == ErrorCode::kVerifyFailed;
    EXPECT_EQ(exit_code(code), is_no ? 1 : 2);
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(kCodeCount));
  EXPECT_EQ(to_string(ErrorCode::kNotFound), "not_found");
  EXPECT_EQ(error_code_from("no such name"), ErrorCode::kInternal);
}

TEST(ResultTest, ErrnoFindsItsCode) {
  EXPECT_EQ(errno_error(ENOENT, "open x").code, ErrorCode::kNotFound);
  EXPECT_EQ(errno_error(ENOENT, "open x").message, "open x: No such file or directory");
  EXPECT_EQ(errno_error(ENOSPC, "").code, ErrorCode::kNoSpace);
  EXPECT_EQ(errno_error(EDQUOT, "").code, ErrorCode::kNoSpace);
  EXPECT_EQ(errno_error(EACCES, "").code, ErrorCode::kPermission);
  EXPECT_EQ(errno_error(EROFS, "").code, ErrorCode::kPermission);
  EXPECT_EQ(errno_error(EIO, "").code, ErrorCode::kIo);
}

}  // namespace
}  // namespace pier
