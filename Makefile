# Thin on purpose: what a target does is in the program that it calls.

PLAYGROUND = cargo run --quiet --locked --bin steward-playground --
STEWARD    = cargo run --quiet --locked --bin steward --
CRDS       = --dir crds --dir charts/cloud-steward/files/crds

.PHONY: demo demo-crash test lint mutations mutations-quick crds docs up down build

demo: build     ## a scripted walk through the playground; cleans up
	@$(PLAYGROUND) demo

demo-crash: build ## the act of the demo in which steward is killed between a call and its answer
	@$(PLAYGROUND) demo --crash

up: build       ## start the playground and leave it running
	@$(PLAYGROUND) up

down:           ## end what `up` started
	@$(PLAYGROUND) down

test: build     ## every test; end-to-end tests run the programs that `build` made
	cargo test --workspace --locked

lint:           ## format, clippy, and generated files up to date
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(STEWARD) crds $(CRDS) --check
	$(STEWARD) docs --dir docs --check

mutations:      ## mistakes made on purpose, in a copy; the tests must notice each
	tests/mutations/run

mutations-quick: ## a few of them
	tests/mutations/run --quick

crds:           ## write the CRDs anew, for kubectl and for the chart
	$(STEWARD) crds $(CRDS)

docs:           ## write the pages of docs/ anew that say what the code says
	$(STEWARD) docs --dir docs

build:
	cargo build --workspace --locked
