"""Checking rows: conversion, rules for rows and files, repeated keys."""
