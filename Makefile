# Thin on purpose: what a target does is in the program that it calls.

PLAYGROUND = cargo run --quiet --locked --bin steward-playground --
STEWARD    = cargo run --quiet --locked --bin steward --
FIELDS     = docs/eci-scaling-configuration-fields.md

.PHONY: demo demo-crash test mutations lint crds docs up down build

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

mutations:      ## take out what keeps commands from running twice; a story must notice
	@tests/mutations/run

lint:           ## format, clippy, and generated files up to date
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(STEWARD) crds --dir crds --check
	$(STEWARD) fields --file $(FIELDS) --check

crds:           ## write crds/ anew
	$(STEWARD) crds --dir crds

docs:           ## write the pages of docs/ anew that say what the code says
	$(STEWARD) fields --file $(FIELDS)

build:
	cargo build --workspace --locked
