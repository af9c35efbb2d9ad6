#include "common/transport_options.h"

#include <gtest/gtest.h>

namespace gvsl {
namespace {

TEST(Transport, MayBePlainOnLoopbackOnly) {
  EXPECT_TRUE(CheckTransport({}, "--listen", "127.0.0.1:1").ok());
  EXPECT_TRUE(CheckTransport({}, "--listen", "[::1]:1").ok());
  EXPECT_EQ(CheckTransport({}, "--listen", "0.0.0.0:1").code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(CheckTransport({.insecure = true}, "--listen", "0.0.0.0:1").ok());
}

TEST(Transport, MayBeAnywhereWithTlsButNotBothProtectedAndInsecure) {
  EXPECT_TRUE(CheckTransport({.tls_cert = "c.pem"}, "--listen", "0.0.0.0:1").ok());
  EXPECT_TRUE(CheckTransport({.tls_ca = "ca.pem"}, "--coordinator", "example.org:1").ok());
  EXPECT_EQ(
      CheckTransport({.tls_cert = "c.pem", .insecure = true}, "--listen", "127.0.0.1:1").code(),
      StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gvsl
