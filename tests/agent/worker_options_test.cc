#include "worker/agent/worker_options.h"

#include <gtest/gtest.h>

namespace gvsl::agent {
namespace {

TEST(WorkerOptions, DefaultsAreGoodOnLoopback) { EXPECT_TRUE(CheckWorkerOptions({}).ok()); }

TEST(WorkerOptions, PlainTextBeyondLoopbackNeedsInsecure) {
  for (std::string WorkerOptions::*address :
       {&WorkerOptions::listen, &WorkerOptions::http, &WorkerOptions::coordinator}) {
    WorkerOptions options;
    options.*address = "10.0.0.7:7000";
    EXPECT_EQ(CheckWorkerOptions(options).code(), StatusCode::kInvalidArgument);
    options.insecure = true;
    EXPECT_TRUE(CheckWorkerOptions(options).ok());
  }
}

TEST(WorkerOptions, WhatComesLaterIsUnimplementedByName) {
  WorkerOptions gang;
  gang.gang = "mpi";
  EXPECT_EQ(CheckWorkerOptions(gang).code(), StatusCode::kUnimplemented);
  EXPECT_EQ(CheckWorkerOptions(gang).message(), "--gang mpi");
  for (const std::string device : {"cuda:0", "all"}) {
    WorkerOptions options;
    options.device = device;
    EXPECT_EQ(CheckWorkerOptions(options).code(), StatusCode::kUnimplemented);
  }
  WorkerOptions tls;
  tls.tls_cert = "cert.pem";
  EXPECT_EQ(CheckWorkerOptions(tls).code(), StatusCode::kUnimplemented);
}

TEST(WorkerOptions, AnUnknownDeviceOrAddressIsWrongUsage) {
  WorkerOptions device;
  device.device = "tpu";
  EXPECT_EQ(CheckWorkerOptions(device).code(), StatusCode::kInvalidArgument);
  WorkerOptions address;
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
