# The steps of deploy.yml, for a person with the same rights to run by hand. Included by the Makefile.
# IMAGE is REGISTRY/REPOSITORY, RELEASE is IMAGE@sha256:…, ENVIRONMENT is staging or production. STATE_BUCKET and
# STATE_KMS_KEY_ARN say where Terraform keeps the state: they are the outputs of infra/bootstrap.

ENVIRONMENT ?= staging
CLUSTER ?= credit-default-$(ENVIRONMENT)
PLAN := build/plan
TERRAFORM = terraform -chdir=infra/environments/$(ENVIRONMENT)
# from that folder: make cannot name a checkout whose path has spaces
PLANNED := ../../../$(PLAN)/release.tfplan
STATE = -backend-config=bucket=$(STATE_BUCKET) -backend-config=kms_key_id=$(STATE_KMS_KEY_ARN)
DIGEST = $(lastword $(subst @, ,$(RELEASE)))
# the first line of a target that cannot work without these variables
needs = $(foreach name,$(1),$(if $($(name)),,$(error make $@ needs $(name): the head of ci/deploy.mk explains it)))

.PHONY: image image-login image-push image-sign image-verify plan approved apply rollback smoke-test running-image

image: ## the image of this checkout, for this machine's container engine
	@docker buildx build --load --target run --tag credit-default .

image-login: ## log docker in to IMAGE's registry, with the current AWS role
	@$(call needs,IMAGE)
	@aws ecr get-login-password | docker login --username AWS --password-stdin $(firstword $(subst /, ,$(IMAGE)))

image-push: ## build and push IMAGE:TAG with provenance and its bill of materials; its digest in build/image.json
	@$(call needs,IMAGE TAG)
	@mkdir -p build
	@docker buildx build --push --target run --provenance=mode=max --sbom=true --tag $(IMAGE):$(TAG) --metadata-file build/image.json .

image-sign: ## sign RELEASE as this workflow, by OIDC: there is no key
	@$(call needs,RELEASE)
	@cosign sign --yes $(RELEASE)

image-verify: ## refuse RELEASE unless deploy.yml of REPOSITORY signed it
	@$(call needs,RELEASE REPOSITORY)
	@cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com \
	  --certificate-identity-regexp '^https://github\.com/$(REPOSITORY)/\.github/workflows/deploy\.yml@refs/heads/main$$' $(RELEASE) >/dev/null

plan: ## show what deploying RELEASE to ENVIRONMENT would change; the text and its sha256 in build/plan/
	@$(call needs,RELEASE STATE_BUCKET STATE_KMS_KEY_ARN)
	@mkdir -p $(PLAN)
	@$(TERRAFORM) init -input=false -reconfigure -lockfile=readonly $(STATE) >/dev/null
	@$(TERRAFORM) plan -input=false -lock-timeout=5m -var image_digest=$(DIGEST) -out=$(PLANNED) >/dev/null
	@$(TERRAFORM) show -no-color $(PLANNED) > $(PLAN)/plan.txt
	@sha256sum $(PLAN)/plan.txt | cut -d' ' -f1 > $(PLAN)/plan.sha256
	@cat $(PLAN)/plan.txt

approved: plan ## refuse unless the plan still has the sha256 APPROVED
	@$(call needs,APPROVED)
	@test "$$(cat $(PLAN)/plan.sha256)" = "$(APPROVED)" || { echo "the plan has changed since it was approved: plan again"; exit 1; }

apply: ## apply exactly the last `make plan`
	@$(TERRAFORM) apply -input=false -lock-timeout=5m $(PLANNED)

rollback: plan ## deploy RELEASE, which ran before, to ENVIRONMENT again
	@$(MAKE) --no-print-directory apply

smoke-test: setup ## wait until every service of CLUSTER runs RELEASE with healthy containers
	@$(call needs,RELEASE)
	@$(BIN)/python ci/smoke_test.py --cluster $(CLUSTER) --release $(RELEASE)

running-image: setup ## print the image that CLUSTER runs now, to which a rollback returns
	@$(BIN)/python ci/smoke_test.py --cluster $(CLUSTER)
