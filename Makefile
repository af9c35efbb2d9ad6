# The front door. Everything below is a short name for what CMakePresets.json, deploy/ and ctest do.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# As many compilers as there are processors, but 2 GB of memory for each (LibTorch's headers).
JOBS ?= $(shell awk -v n=$$(nproc) '/^MemAvailable/ {m = int($$2 / 2097152); if (m < 1) m = 1; print (m < n) ? m : n}' /proc/meminfo)
PREFIX ?= /usr/local
# Real volumes for tests; tests that need them are skipped by name where there are none.
GVSL_TEST_DATA ?= $(abspath $(CURDIR)/../shared/data)
export GVSL_TEST_DATA

.PHONY: help setup build gpu gpu-check test demo lint fuzz bench install images k8s-test table clean
help:  ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup:  ## install what is missing (apt, pip), as cmake/versions.txt pins it
	@deploy/setup/install.sh

build: setup  ## programs into build/bin/
	@cmake --preset release -Wno-dev --log-level=WARNING >/dev/null
	@cmake --build --preset release -j $(JOBS) --target programs

gpu: setup  ## the same with CUDA and NCCL, into build-gpu/bin/
	@deploy/setup/install.sh gpu
	@cmake --preset gpu -Wno-dev --log-level=WARNING >/dev/null
	@cmake --build --preset gpu -j $(JOBS) --target programs

gpu-check: gpu  ## everything that needs a GPU: tests, then a step by phase (docs/gpu-checklist.md)
	@cmake --build --preset gpu -j $(JOBS)
	@deploy/gpu/check.sh build-gpu

test: build  ## every test, closing with ctest's summary; CTEST_ARGS="-R name" picks some
	@deploy/setup/install.sh archive
	@cmake --build --preset release -j $(JOBS)
	@ctest --preset release -j 2 $(CTEST_ARGS)

demo: build  ## pre-train on virtual subjects of a real head, with pictures; DATA=/path takes yours
	@DATA='$(DATA)' LABELS='$(LABELS)' deploy/demo/run.sh

lint: setup  ## format, fences, dashboards, the chart, clang-tidy, tests under the sanitizers
	@JOBS=$(JOBS) deploy/lint/run.sh

fuzz: setup  ## libFuzzer on all that reads foreign files; MINUTES=60, TARGETS=, JOBS=2, SEED=1
	@deploy/setup/install.sh fuzz
	@cmake --preset fuzz -Wno-dev --log-level=WARNING >/dev/null
	@cmake --build --preset fuzz -j $(JOBS)
	@MINUTES='$(or $(MINUTES),60)' TARGETS='$(TARGETS)' SEED='$(or $(SEED),1)' JOBS=$(JOBS) deploy/fuzz/run.sh

bench: build  ## beside what people use: training step, conversion, crops, data wait; ROWS="step crops" picks
	@python3 -B deploy/bench/run.py $(ROWS)

# With sudo the builder's files would become root's: what is built already is installed.
install: $(if $(SUDO_USER),,build)  ## a relocatable tree below PREFIX
	@[[ -x build/bin/gvslctl ]] || { echo "nothing is built yet: make build" >&2; exit 1; }
	@cmake --install build --prefix '$(PREFIX)' >/dev/null && echo "installed below $(PREFIX)"

images: build  ## container images by podman, docker or buildah; CONTAINER_TOOL= picks
	@deploy/images/build.sh

k8s-test: build  ## the chart with these images on the cluster of KUBECONFIG, with pods killed and a node drained
	@python3 -B deploy/k8s/run.py

table: build  ## all methods compared on one dataset; QUICK=1, DATA=, LABELS=, OUT=, WORKERS= (docs/compare.md)
	@deploy/table/run.sh

clean:  ## remove what was built
	@rm -rf build build-asan build-fuzz build-tsan build-debug build-bare build-gpu build-bare-gpu build-gpu-link

# What later versions bring answers by name.
LATER := soak
.PHONY: $(LATER)
soak:  ## UNIMPLEMENTED: long fault campaigns
$(LATER):
	@echo "UNIMPLEMENTED: make $@ comes with a later version" >&2; exit 1
