#include "worker/agent/worker_options.h"

#include <gtest/gtest.h>

#include "common/text.h"

namespace gvsl::agent {
namespace {

WorkerOptions Minimal() {
  WorkerOptions options;
  options.work_dir = "/var/tmp/worker";
  return options;
}

TEST(WorkerOptions, DefaultsAreGoodOnLoopback) {
  EXPECT_TRUE(CheckWorkerOptions(Minimal()).ok());
  EXPECT_EQ(CheckWorkerOptions({}).code(), StatusCode::kInvalidArgument) << "without a folder";
}

TEST(WorkerOptions, PlainTextBeyondLoopbackNeedsInsecure) {
  for (std::string WorkerOptions::*address :
       {&WorkerOptions::listen, &WorkerOptions::http, &WorkerOptions::coordinator}) {
    WorkerOptions options = Minimal();
    options.*address = "10.0.0.7:7000";
    EXPECT_EQ(CheckWorkerOptions(options).code(), StatusCode::kInvalidArgument);
    options.transport.insecure = true;
    EXPECT_TRUE(CheckWorkerOptions(options).ok());
  }
}

TEST(WorkerOptions, WhatComesLaterIsUnimplementedByName) {
  WorkerOptions gang = Minimal();
  gang.gang = "mpi";
  EXPECT_EQ(CheckWorkerOptions(gang).code(), StatusCode::kUnimplemented);
  EXPECT_EQ(CheckWorkerOptions(gang).message(), "--gang mpi");
  for (const std::string device : {"cuda:0", "all"}) {
    WorkerOptions options = Minimal();
    options.device = device;
    EXPECT_EQ(CheckWorkerOptions(options).code(), StatusCode::kUnimplemented);
  }
}

TEST(WorkerOptions, TheTrainerHasTheSameCertificates) {
  WorkerOptions options;
  options.trainer = "/bin/trainer";
  options.transport = {.tls_cert = "c.pem", .tls_key = "c.key", .tls_ca = "ca.pem"};
  EXPECT_EQ(Join(TrainerCommandLine(options), " "),
            "/bin/trainer --listen 127.0.0.1:0 --tls-cert c.pem --tls-key c.key --tls-ca ca.pem");
}

TEST(WorkerOptions, AnUnknownDeviceOrAddressIsWrongUsage) {
  WorkerOptions device = Minimal();
  device.device = "tpu";
  EXPECT_EQ(CheckWorkerOptions(device).code(), StatusCode::kInvalidArgument);
  WorkerOptions address = Minimal();
  address.http = "nonsense";
  EXPECT_EQ(CheckWorkerOptions(address).code(), StatusCode::kInvalidArgument);
}

TEST(WorkerOptions, LoopbackIsRecognised) {
  for (const std::string address : {"127.0.0.1:1", "127.3.4.5:1", "localhost:1", "[::1]:1"}) {
    EXPECT_TRUE(IsLoopbackAddress(address)) << address;
  }
  for (const std::string address : {"0.0.0.0:1", "10.0.0.1:1", "[::]:1", "example.org:1"}) {
    EXPECT_FALSE(IsLoopbackAddress(address)) << address;
  }
}

}  // namespace
}  // namespace gvsl::agent
