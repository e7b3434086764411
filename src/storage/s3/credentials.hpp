#pragma once
// Who we are to S3: from the environment or from a file, as other S3 programs take them.

#include <string>
#include <string_view>

#include <pier/core/result.hpp>

#include "s3/aws_signature.hpp"

namespace pier::storage::impl {

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; else the profile AWS_PROFILE ("default") of
/// the file AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials). kUnauthenticated says where it looked. Messages
/// never hold a secret.
Result<Credentials> find_credentials();

/// The profile of an INI text with aws_access_key_id, aws_secret_access_key and aws_session_token.
Result<Credentials> parse_credentials(std::string_view text, std::string_view profile);

}  // namespace pier::storage::impl
