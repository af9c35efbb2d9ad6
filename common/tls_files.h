// The PEM files of a certificate, looked at before they are used: whoever mistyped a path or
// installed the wrong key is told at the start, by the name of the file. Never says what is in a
// file.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/status.h"

namespace gvsl {

// A certificate (the first of its file), and the private key that must be its own. INVALID_ARGUMENT
// names the file and what is wrong: it cannot be read, holds no certificate or key, the key is
// another's, or `now` is not within the certificate's time.
Status CheckCertificate(const std::string& certificate_file, const std::string& key_file,
                        std::chrono::system_clock::time_point now);

// At least one certificate of an authority that is within its time. INVALID_ARGUMENT otherwise.
Status CheckAuthority(const std::string& file, std::chrono::system_clock::time_point now);

// A peer's certificate (DER) that an authority of `authority_file` has signed: it must be for
// `host`, a name or an IP address, or be one of the file's own. PERMISSION_DENIED otherwise.
Status CheckPeer(std::string_view certificate, const std::string& authority_file,
                 const std::string& host);

}  // namespace gvsl
