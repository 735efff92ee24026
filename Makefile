# Thin names for what people and CI run. `make help` lists them.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
SOURCES = Sources Tests Package.swift
RELEASE = $(SWIFT) build -c release --product snat-audit

.DEFAULT_GOAL := help
.PHONY: help deps deps-bench deps-lab build demo lab test lint format bench install uninstall clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Install what is missing of the system packages (Debian, Ubuntu).
	@Scripts/install-packages libpcap-dev pkg-config

deps-bench: deps
	@Scripts/install-packages tcpdump python3

deps-lab: deps ## Install what the lab needs: a load balancer, its clients and a server.
	@Scripts/install-packages python3 iproute2 procps nftables conntrack tcpdump haproxy nginx

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

test: deps lint ## Check the formatting and run all tests; in short form the lab's, where it may run.
	$(SWIFT) test --disable-xctest
	@Scripts/lab/lab test --budget 300 --binary "$$($(SWIFT) build --show-bin-path)/snat-audit"

lint: ## Check the formatting.
	$(SWIFT) format lint --strict -r $(SOURCES)

format: ## Format the sources in place.
	$(SWIFT) format -i -p -r $(SOURCES)

bench: deps-bench build ## Packets per second, against tcpdump on the same capture.
	@Scripts/bench "$$($(RELEASE) --show-bin-path)/snat-audit"

install: deps ## Install a binary with the Swift runtime linked in, and completions; PREFIX=/usr/local.
	@Scripts/quietly $(RELEASE) --static-swift-stdlib --scratch-path .build-install
	@Scripts/install .build-install/release/snat-audit "$(DESTDIR)$(PREFIX)"

uninstall: ## Remove what install put under PREFIX.
	@Scripts/install --remove "$(DESTDIR)$(PREFIX)"

clean: ## Remove everything that was built.
	rm -rf .build .build-install .build-bench
