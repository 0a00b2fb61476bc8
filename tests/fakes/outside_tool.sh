#!/usr/bin/env bash
# Stands in for aws, cosign, docker, gh or terraform under that name: writes down what it was asked for and does the
# little that a make target goes on with. tests/infra/test_deploy.py holds it beside the real Terraform.
tool=$(basename "$0")
echo "$tool $*" >> "$ASKED"
for word in "$@"; do
  case $word in
    -chdir=*) cd "${word#-chdir=}" || exit 1 ;;
    -out=*) : > "${word#-out=}" ;;
  esac
done
case "$tool $*" in
  terraform*" show "*) printf '%s' "$SHOWN" ;;
  "aws ecr"*) echo password ;;
  "docker login"*) cat > /dev/null ;;
esac
