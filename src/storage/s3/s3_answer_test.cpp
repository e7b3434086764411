#include "s3/s3_answer.hpp"

#include <random>

#include <gtest/gtest.h>

namespace pier::storage::impl {
namespace {

const std::string kPage = R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><IsTruncated>true</IsTruncated>
<NextContinuationToken>to&amp;ken=</NextContinuationToken>
<Contents><Key>a/%E6%A0%88%26+b</Key><LastModified>2026-11-23T02:41:04.125Z</LastModified><Size>5368709120</Size>
<ETag>&quot;x&quot;</ETag></Contents>
<Contents><Key>c</Key><LastModified>2026-11-23T02:41:04Z</LastModified><Size>0</Size></Contents>
</ListBucketResult>)";

TEST(S3Answer, APageOfObjects) {
  const auto page = read_object_page(kPage);
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_EQ(page->objects.size(), 2U);
  EXPECT_EQ(page->objects[0].key, "a/栈& b");
  EXPECT_EQ(page->objects[0].size, 5'368'709'120U);
  EXPECT_EQ(page->objects[0].modified % 1'000'000, 125'000);
  EXPECT_EQ(page->objects[0].modified - page->objects[1].modified, 125'000);
  EXPECT_EQ(page->next, "to&ken=");
}

TEST(S3Answer, UploadsPartsVersionsAndErrors) {
  const auto uploads = read_upload_page(
      "<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k%2F1</NextKeyMarker>"
      "<NextUploadIdMarker>i1</NextUploadIdMarker><Upload><Key>k%2F1</Key><UploadId>i1</UploadId>"
      "<Initiated>2026-11-23T02:41:04.000Z</Initiated></Upload></ListMultipartUploadsResult>");
  ASSERT_TRUE(uploads) << uploads.error().message;
  EXPECT_EQ(uploads->uploads.at(0).key, "k/1");
  EXPECT_EQ(uploads->next_key, "k/1");
  EXPECT_EQ(uploads->next_id, "i1");
  const auto parts = read_parts(
      "<ListPartsResult><Part><PartNumber>7</PartNumber><ETag>\"e\"</ETag><Size>12</Size></Part></ListPartsResult>");
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->at(0).number, 7U);
  EXPECT_EQ(parts->at(0).size, 12U);
  EXPECT_EQ(parts->at(0).etag, "\"e\"");
  const auto versions = read_version_page(
      "<ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>a</Key><VersionId>null</VersionId></Version>"
      "<DeleteMarker><Key>b</Key><VersionId>2</VersionId></DeleteMarker></ListVersionsResult>");
  ASSERT_TRUE(versions);
  EXPECT_EQ(versions->objects.size(), 2U);
  EXPECT_EQ(versions->objects[1].version, "2");
  EXPECT_EQ(*read_upload_id("<InitiateMultipartUploadResult><UploadId>2~x</UploadId></InitiateMultipartUploadResult>"),
            "2~x");
  EXPECT_EQ(*read_versioning("<VersioningConfiguration xmlns='x'/>"), "");
  EXPECT_EQ(*read_versioning("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"), "Enabled");
  EXPECT_EQ(read_error("<Error><Code>NoSuchKey</Code><Message/></Error>").code, "NoSuchKey");
  EXPECT_EQ(
      read_delete_errors("<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code></Error></DeleteResult>")->at(0),
      "AccessDenied k");
  EXPECT_TRUE(read_delete_errors("<DeleteResult/>")->empty());
}

TEST(S3Answer, AnErrorInsideA200IsNotDone) {
  EXPECT_TRUE(is_complete_result("<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"));
  EXPECT_FALSE(is_complete_result("<?xml version='1.0'?>\n\n<Error><Code>InternalError</Code></Error>"));
  EXPECT_FALSE(is_complete_result(""));
  EXPECT_FALSE(is_complete_result("<CompleteMultipartUploadResult>"));
}

TEST(S3Answer, Times) {
  EXPECT_EQ(parse_time("1970-01-02T00:00:01Z"), 86'401'000'000);
  EXPECT_EQ(parse_time("Fri, 02 Jan 1970 00:00:01 GMT"), 86'401'000'000);
  for (const char* bad : {"", "now", "2026-11-23T02:41:04", "2026-11-23T02:41:04+01:00", "2026-13-23T02:41:04.000Z",
                          "Fri, 02 Jan 1970 00:00:01 CET", "0000-00-00T00:00:00.000Z"}) {
    EXPECT_EQ(parse_time(bad), std::nullopt) << bad;
  }
}

TEST(S3Answer, WhatDoesNotAddUpIsAnError) {
  const std::string open = "<ListBucketResult><Contents>";
  const std::string close = "</Contents></ListBucketResult>";
  for (const std::string& bad : {
           std::string(),
           std::string("<"),
           std::string("{}"),
           std::string("<html/>"),
           open + "<Key>a</Key><Size>1</Size>" + close,
           open + "<Key></Key><Size>1</Size><LastModified>2026-11-23T02:41:04Z</LastModified>" + close,
           open + "<Key>a</Key><Size>-1</Size><LastModified>2026-11-23T02:41:04Z</LastModified>" + close,
           open + "<Key>a</Key><Size>99999999999999999999</Size><LastModified>2026-11-23T02:41:04Z</LastModified>" +
               close,
           open + "<Key>%4</Key><Size>1</Size><LastModified>2026-11-23T02:41:04Z</LastModified>" + close,
           std::string("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"),
           open + "<Key>" + std::string(9000, 'a') + "</Key><Size>1</Size>" + close,
           std::string("<ListBucketResult>") + std::string(kLargestAnswer, ' ') + "</ListBucketResult>",
       }) {
    EXPECT_FALSE(read_object_page(bad)) << bad.substr(0, 100);
  }
  // Entities of a document type are not expanded.
  const std::string bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Error><Code>&b;</Code></Error>";
  EXPECT_EQ(read_error(bomb).code.find("aaaa"), std::string::npos);
}

TEST(S3Answer, GarbageIsSurvived) {
  std::mt19937 random(7);
  for (int i = 0; i < 3000; ++i) {
    std::string text = kPage;
    for (int hits = 0; hits < 1 + i % 8; ++hits) text[random() % text.size()] = static_cast<char>(random());
    text.resize(text.size() - random() % text.size());
    const auto page = read_object_page(text);
    if (page) {
      EXPECT_LE(page->objects.size(), 2U);
    }
    static_cast<void>(read_error(text));
  }
}

TEST(S3Answer, BodiesOfRequests) {
  EXPECT_EQ(delete_body({{"a<b>&\"", "v1", 0, 0}, {"c", "", 0, 0}}),
            "<Delete><Quiet>true</Quiet><Object><Key>a&lt;b&gt;&amp;\"</Key><VersionId>v1</VersionId></Object>"
            "<Object><Key>c</Key></Object></Delete>");
  EXPECT_EQ(complete_body({"\"x\"", "y"}),
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"x\"</ETag></Part>"
            "<Part><PartNumber>2</PartNumber><ETag>y</ETag></Part></CompleteMultipartUpload>");
}

}  // namespace
}  // namespace pier::storage::impl
