# Thin names for what people and CI run. `make help` lists them.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
SOURCES = Sources Tests Schemas Package.swift Benchmarks Fuzzing/Package.swift Fuzzing/Sources/fuzz
# With Swift's libraries in it: it runs where there is no Swift, starts sooner, and takes 7 MB less.
RELEASE = $(SWIFT) build -c release --product snat-audit --static-swift-stdlib
BENCH = Scripts/bench/bench
# The code as users run it; without optimisation tests of many random captures take three times as long, and the
# optimiser is soonest done with a module as a whole. In a folder of its own, beside the program without tests' access.
TEST_FLAGS ?= -c release -Xswiftc -enable-testing --scratch-path .build-tests
# Where tests look for programs before they look in PATH.
TEST_TOOLS = .build-test-tools
GENERATOR = $(SWIFT) build -c release --package-path Benchmarks/Tools --product make-capture \
  --scratch-path .build-bench/tools

PACKETS ?= 10000000
ROUNDS ?= 5
LIVE ?= 10000000
TIME ?= 60
TARGETS ?=
TUPLES ?= 20000000
SANITIZERS ?=
SIZE ?= full
BALANCERS ?= 4
CASES ?=
COUNT ?= 5000
SEED ?= 1

.DEFAULT_GOAL := help
.PHONY: help deps deps-test deps-bench deps-instructions deps-lab deps-scale build demo lab test lint format \
  fuzz odd test-sanitized test-scale bench-flood bench bench-check bench-growth bench-drawing bench-scale bench-stages \
  instructions instructions-record install uninstall docs clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Install what is missing of the system packages (Debian, Ubuntu).
	@Scripts/install-packages libpcap-dev libssl-dev zlib1g-dev libzstd-dev liblz4-dev pkg-config

deps-bench: deps ## Install what the benchmarks compare with.
	@Scripts/install-packages python3 tcpdump tcptrace argus-server nfdump tshark

deps-instructions: deps
	@Scripts/install-packages valgrind

deps-test: deps ## Install what tests read the reports with: validators, a browser, Prometheus.
	@Scripts/install-packages chromium default-jre-headless tshark tcpdump jq python3 python3-venv libxml2-utils \
	  mandoc gzip zstd lz4
	@Scripts/unpack-packages $(TEST_TOOLS)/debian prometheus prometheus-node-exporter
	@Scripts/install-python-packages $(TEST_TOOLS)/python Scripts/consumers/requirements.txt

deps-lab: deps ## Install what the lab needs: a load balancer, its clients and a server.
	@Scripts/install-packages python3 iproute2 procps nftables conntrack tcpdump haproxy nginx

deps-scale: deps ## Install what the job on Spark runs on: Java 17 and PySpark.
	@Scripts/install-packages openjdk-17-jre-headless python3 python3-venv
	@Scripts/install-python-packages $(TEST_TOOLS)/spark Scale/requirements.txt

build: deps ## Build for use: the release binary.
	@Scripts/quietly $(RELEASE)
	@echo "built $$($(RELEASE) --show-bin-path)/snat-audit"

demo: deps ## Build, and print the report of a real capture.
	@echo "building; the first time takes a minute or two ..."
	@Scripts/quietly $(RELEASE)
	@cd Tests/Fixtures/Captures && "$$(cd ../../.. && $(RELEASE) --show-bin-path)/snat-audit" \
	  analyze l4-collide/lb-any.pcap

lab: deps-lab build ## The incident in a box: a real LB in namespaces, and the kernel as the judge.
	@Scripts/lab/lab demo --binary "$$($(RELEASE) --show-bin-path)/snat-audit"

test: deps lint ## Check the formatting and run all tests, the lab's in short form where it may run; TEST_FLAGS=.
	$(SWIFT) test --disable-xctest $(TEST_FLAGS)
	@Scripts/lab/lab test --budget 300 --binary "$$($(SWIFT) build $(TEST_FLAGS) --show-bin-path)/snat-audit"

test-sanitized: deps-test ## All tests with the address sanitizer, those with threads with the thread sanitizer; SANITIZERS=.
	@SWIFT="$(SWIFT)" Scripts/test-sanitized .build-sanitized $(SANITIZERS)

test-scale: deps-scale build ## The job on Spark against analyze, while workers are killed; SIZE=small is the short form.
	@Scripts/quietly $(GENERATOR)
	@Scale/test/check --binary "$$($(RELEASE) --show-bin-path)/snat-audit" \
	  --generator .build-bench/tools/release/make-capture --size $(SIZE)

fuzz: deps ## Fuzz each target for TIME= seconds (60), or TARGETS= only; see docs/reliability.md.
	@SWIFT="$(SWIFT)" Scripts/fuzz $(TIME) $(TARGETS)

odd: build ## Read COUNT= odd captures (5000) of SEED=, and compare with libpcap and capinfos.
	@Scripts/odd/odd --binary "$$($(RELEASE) --show-bin-path)/snat-audit" --count $(COUNT) --seed $(SEED)

lint: ## Check the formatting.
	$(SWIFT) format lint --strict -r $(SOURCES)

format: ## Format the sources in place.
	$(SWIFT) format -i -p -r $(SOURCES)

bench: build ## Whole runs against libpcap's empty loop and other tools; PACKETS=, ROUNDS=.
	@$(BENCH) compare --binary "$$($(RELEASE) --show-bin-path)/snat-audit" \
	  --packets $(PACKETS) --rounds $(ROUNDS)

bench-check: build ## Small generated captures of all kinds: does the report say what is true?
	@$(BENCH) check --binary "$$($(RELEASE) --show-bin-path)/snat-audit"

bench-growth: build ## Time per packet and memory, as captures and tuples grow; PACKETS=, LIVE=, ROUNDS=.
	@$(BENCH) growth --binary "$$($(RELEASE) --show-bin-path)/snat-audit" \
	  --packets $(PACKETS) --live $(LIVE) --rounds $(ROUNDS)

bench-drawing: ## Draw what bench-growth has measured last into docs/growth.svg.
	@Scripts/install-packages python3-matplotlib
	@Scripts/bench/draw docs/growth.svg

bench-flood: build ## Floods of TUPLES= tuples of all kinds (20 million): memory, and what is said of them.
	@Scripts/quietly $(GENERATOR:make-capture=make-flood)
	@Scripts/bench/flood "$$($(RELEASE) --show-bin-path)/snat-audit" \
	  .build-bench/tools/release/make-flood $(TUPLES)

bench-scale: deps-scale build ## The job on Spark: bytes shuffled, and times beside analyze; CASES=, BALANCERS=, PACKETS=, ROUNDS=.
	@Scripts/quietly $(GENERATOR)
	@Scale/test/measure --binary "$$($(RELEASE) --show-bin-path)/snat-audit" \
	  --generator .build-bench/tools/release/make-capture \
	  --balancers $(BALANCERS) --packets $(PACKETS) --rounds $(ROUNDS) $(if $(CASES),--cases $(CASES))

bench-stages: deps ## Micro-benchmarks: reading and decoding alone, and the whole analysis.
	@Scripts/quietly $(GENERATOR)
	@.build-bench/tools/release/make-capture --packets 1000000 --rate 200 --snat-addresses 2 \
	  --server .build-bench/stages.pcap --truth .build-bench/stages.json
	SNAT_AUDIT_CAPTURE="$(CURDIR)/.build-bench/stages.pcap" $(SWIFT) package \
	  --package-path Benchmarks --scratch-path .build-bench/stages benchmark

instructions: deps-instructions build ## Instructions per packet, against the threshold.
	@Scripts/quietly $(GENERATOR)
	@Scripts/instructions "$$($(RELEASE) --show-bin-path)/snat-audit" \
	  .build-bench/tools/release/make-capture

instructions-record: deps-instructions build ## Make today's count the threshold.
	@Scripts/quietly $(GENERATOR)
	@Scripts/instructions "$$($(RELEASE) --show-bin-path)/snat-audit" \
	  .build-bench/tools/release/make-capture --record

install: deps ## Install the release binary, completions and a man page; PREFIX=/usr/local.
	@# Root builds in a folder of its own: what it owns in .build would stop the next `make build`.
	@Scripts/quietly $(RELEASE) --scratch-path .build-install
	@Scripts/install .build-install/release/snat-audit "$(DESTDIR)$(PREFIX)"

uninstall: ## Remove what install put under PREFIX.
	@Scripts/install --remove "$(DESTDIR)$(PREFIX)"

docs: deps ## Build the library's documentation (DocC) into .build-docs/site.
	@SWIFT="$(SWIFT)" Scripts/quietly Scripts/docs .build-docs .build-docs/site
	@echo "built .build-docs/site; serve it: python3 -m http.server -d .build-docs/site"

clean: ## Remove everything that was built.
	rm -rf .build .build-install .build-tests .build-bench .build-docs .build-fuzz .build-sanitized \
	  $(TEST_TOOLS)
