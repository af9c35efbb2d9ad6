// Who is let in, and who is not: a server and a client on loopback, with certificates made here.
#include "common/grpc_tls.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "common/file_system.h"
#include "gvsl/v1/worker_service.grpc.pb.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_certificates.h"

namespace gvsl {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;
using testing::CertificateFiles;
using ::testing::HasSubstr;
using testing::TestAuthority;

TransportOptions Options(const CertificateFiles& own, const std::string& authority) {
  TransportOptions options;
  options.tls_cert = own.certificate;
  options.tls_key = own.key;
  options.tls_ca = authority;
  options.reload_seconds = 1;
  return options;
}

class Service final : public v1::WorkerService::Service {
  grpc::Status ListWorkers(grpc::ServerContext* /*context*/,
                           const v1::ListWorkersRequest* /*request*/,
                           v1::ListWorkersResponse* /*response*/) override {
    return grpc::Status::OK;
  }
};

class GrpcTls : public ::testing::Test {
 protected:
  void Serve(const TransportOptions& options) {
    const auto credentials = MakeServerCredentials(options);
    ASSERT_TRUE(credentials.ok()) << credentials.status();
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", *credentials, &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  // What a call over a new connection comes to.
  grpc::Status Call(const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    const auto stub = v1::WorkerService::NewStub(
        grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port_), credentials, arguments));
    grpc::ClientContext context;
    context.set_deadline(system_clock::now() + seconds(10));
    v1::ListWorkersResponse response;
    return stub->ListWorkers(&context, {}, &response);
  }
  grpc::Status Call(const TransportOptions& options, ServerName name = ServerName::kMustMatch) {
    const auto credentials = MakeChannelCredentials(options, name);
    EXPECT_TRUE(credentials.ok()) << credentials.status();
    return credentials.ok() ? Call(*credentials) : grpc::Status::CANCELLED;
  }

  testing::TemporaryDirectory folder_;
  TestAuthority ours_{folder_.path(), "ours"};
  TestAuthority others_{folder_.path(), "others"};
  CertificateFiles server_files_ = ours_.Sign("server");
  CertificateFiles client_files_ = ours_.Sign("client");
  int port_ = 0;
  Service service_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(GrpcTls, BothSidesOfOneAuthorityTalk) {
  Serve(Options(server_files_, ours_.file()));
  const grpc::Status status = Call(Options(client_files_, ours_.file()));
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(GrpcTls, WithoutOptionsBothSidesArePlain) {
  Serve({});
  EXPECT_TRUE(Call(TransportOptions()).ok());
}

TEST_F(GrpcTls, AClientOfAnotherAuthorityIsRefused) {
  Serve(Options(server_files_, ours_.file()));
  const CertificateFiles stranger = others_.Sign("stranger");
  EXPECT_EQ(Call(Options(stranger, ours_.file())).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcTls, AServerOfAnotherAuthorityIsRefused) {
  Serve(Options(others_.Sign("impostor"), ours_.file()));
  for (const ServerName name : {ServerName::kMustMatch, ServerName::kAny}) {
    const grpc::Status status = Call(Options(client_files_, ours_.file()), name);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_THAT(status.error_message(), HasSubstr("certificate verify failed"));
  }
}

TEST_F(GrpcTls, AClientWithoutACertificateIsRefused) {
  Serve(Options(server_files_, ours_.file()));
  grpc::SslCredentialsOptions only_authority;
  only_authority.pem_root_certs = ReadFile(PosixFileSystem(), ours_.file()).value();
  EXPECT_EQ(Call(grpc::SslCredentials(only_authority)).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcTls, APlainClientIsRefusedAndAPlainServerToo) {
  Serve(Options(server_files_, ours_.file()));
  EXPECT_EQ(Call(TransportOptions()).error_code(), grpc::StatusCode::UNAVAILABLE);
  Serve({});
  EXPECT_EQ(Call(Options(client_files_, ours_.file())).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcTls, ACertificateForAnotherHostIsRefusedUnlessAnyNameWillDo) {
  Serve(Options(ours_.Sign("pod", 3600, "DNS:pod.example"), ours_.file()));
  EXPECT_EQ(Call(Options(client_files_, ours_.file())).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Call(Options(client_files_, ours_.file()), ServerName::kAny).ok());
}

TEST_F(GrpcTls, ACertificateThatExpiresWhileInUseIsRefused) {
  Serve(Options(server_files_, ours_.file()));
  const CertificateFiles brief = ours_.Sign("brief", 5);
  const auto credentials = MakeChannelCredentials(Options(brief, ours_.file()), ServerName::kAny);
  ASSERT_TRUE(credentials.ok());
  EXPECT_TRUE(Call(*credentials).ok());
  const auto deadline = system_clock::now() + seconds(30);
  while (Call(*credentials).ok() && system_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(Call(*credentials).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(GrpcTls, ANewCertificateServesTheNextConnectionWithoutARestart) {
  Serve(Options(others_.Sign("renewed"), ours_.file()));
  EXPECT_FALSE(Call(Options(client_files_, ours_.file())).ok());
  const CertificateFiles fresh = ours_.Sign("fresh");
  const std::string in_use = folder_.path() + "/renewed";
  std::filesystem::rename(fresh.key, in_use + ".key");
  std::filesystem::rename(fresh.certificate, in_use + ".pem");
  const auto deadline = system_clock::now() + seconds(30);
  grpc::Status status;
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    status = Call(Options(client_files_, ours_.file()));
  } while (!status.ok() && system_clock::now() < deadline);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(GrpcTls, WhatIsMissingOrWrongIsNamedBeforeAnythingIsConnected) {
  const auto error = [](const TransportOptions& options) {
    const auto credentials = MakeServerCredentials(options);
    EXPECT_EQ(credentials.status().code(), StatusCode::kInvalidArgument);
    return credentials.status().message();
  };
  const TransportOptions good = Options(server_files_, ours_.file());
  TransportOptions options = good;
  options.tls_key.clear();
  EXPECT_THAT(error(options), HasSubstr("--tls-key: is needed for TLS"));
  options = good;
  options.tls_ca.clear();
  EXPECT_THAT(error(options), HasSubstr("--tls-ca: is needed for TLS"));
  options = good;
  options.tls_cert = folder_ / "nothing.pem";
  EXPECT_THAT(error(options), HasSubstr("nothing.pem: open"));
  options = good;
  options.tls_cert = server_files_.key;
  EXPECT_THAT(error(options), HasSubstr("server.key: holds no certificate in PEM"));
  options = good;
  options.tls_key = client_files_.key;
  EXPECT_THAT(error(options), HasSubstr("client.key: is not the key of the certificate"));
  options = Options(ours_.Sign("old", -60), ours_.file());
  EXPECT_THAT(error(options), HasSubstr("old.pem: the certificate expired on 20"));
  options = good;
  options.tls_client_ca = client_files_.certificate;
  EXPECT_THAT(error(options), HasSubstr("--tls-client-ca: " + client_files_.certificate +
                                        ": holds no certificate of an authority"));
}

}  // namespace
}  // namespace gvsl
