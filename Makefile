# Thin on purpose: what a target does is in the program that it calls.

PLAYGROUND = cargo run --quiet --locked --bin steward-playground --
STEWARD    = cargo run --quiet --locked --bin steward --
CRDS       = --dir crds --dir charts/cloud-steward/files/crds

TARGET     = $(or $(CARGO_TARGET_DIR),target)

# `make image REGISTRY=registry.example/team ENGINE=podman`
REGISTRY   = ghcr.io/cloud-steward
ENGINE     = docker
VERSION    = $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
# Programs that only a release needs: built once, on demand.
TOOLS      = $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/cloud-steward
DENY       = $(TOOLS)/cargo-deny-0.20.2/bin
CYCLONEDX  = $(TOOLS)/cargo-cyclonedx-0.5.9/bin

.PHONY: demo demo-crash test lint mutations mutations-quick crds docs golden chart up down build image rootfs sbom licences

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

golden:         ## write anew what the chart renders, and Argo CD's configuration; read the difference
	STEWARD_GOLDEN=write cargo test --quiet --locked -p steward-playground --test it chart::golden
	STEWARD_GOLDEN=write cargo test --quiet --locked -p cloud-steward --test it gitops::argocd

chart:          ## the chart as a package, in target/
	$$($(PLAYGROUND) tools helm) package charts/cloud-steward --destination target

build:
	cargo build --workspace --locked

image:          ## both container images
	$(ENGINE) build -f images/Dockerfile --build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) --target steward -t $(REGISTRY)/steward:$(VERSION) .
	$(ENGINE) build -f images/Dockerfile --build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) --target steward-cloudsim -t $(REGISTRY)/steward-cloudsim:$(VERSION) .

rootfs:         ## what is in the images, as directories: no engine needed
	cargo build --release --locked -p cloud-steward --bin steward
	cargo build --release --locked -p steward-cloudsim --bin steward-cloudsim
	@test $$(wc -c <$(TARGET)/release/steward) -le 15000000 || { echo "steward is larger than the 15 MB that it may have"; exit 1; }
	rm -rf $(TARGET)/rootfs && mkdir -p $(TARGET)/rootfs
	images/rootfs $(TARGET)/release/steward $(TARGET)/rootfs/steward
	images/rootfs $(TARGET)/release/steward-cloudsim $(TARGET)/rootfs/steward-cloudsim

sbom: $(CYCLONEDX)/cargo-cyclonedx ## what the released programs are made of, as CycloneDX
	PATH="$(CYCLONEDX):$$PATH" images/sbom $(TARGET)/sbom

licences: $(DENY)/cargo-deny ## whether the release is made only of what deny.toml allows
	PATH="$(DENY):$$PATH" cargo deny --locked --workspace --exclude steward-playground --exclude-dev check bans licenses sources

$(DENY)/cargo-deny $(CYCLONEDX)/cargo-cyclonedx:
	cargo install --locked --root $(abspath $(@D)/..) $(@F)@$(lastword $(subst -, ,$(notdir $(abspath $(@D)/..))))
