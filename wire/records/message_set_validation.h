// What a leader makes of the records of a Produce v0-v2: message sets v0 or v1, written anew as one
// batch v2 (KIP-98), with the checks of Kafka 3.9's UnifiedLog and LogValidator, in their order, with
// their error codes.
//
// Apart from the codes of message sets, the outcome is that of validate_produced_batch(), to which
// v3 and later go directly.  Every message is walked over: conversion is what old clients pay for.
#pragma once

#include "wire/base/bytes.h"
#include "wire/records/batch_validation.h"

namespace wire {

// The first version of Produce that brings batches v2, and only those.
inline constexpr int16_t kFirstProduceVersionOfBatches = 3;

// An accepted plan with an empty batch: there was no whole message, and there is nothing to append,
// which Kafka answers without an error.  A batch v2 is taken as one: old versions never forbade it.
// What is behind the last whole message is cut off.
ProducePlan validate_produced_message_set(Bytes records, const ValidationOptions& options);

}  // namespace wire
