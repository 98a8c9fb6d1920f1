// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Disputes} from "./Disputes.sol";
import {Equivocation} from "./Equivocation.sol";
import {IValidatorRegistry} from "./IValidatorRegistry.sol";
import {Penalties} from "./Penalties.sol";

/// @title ValidatorRegistry
/// @notice Subnets, the stake behind their operators, and what their validators agree on.
/// @dev For each token the contract holds at least all bonded, unbonding and frozen stake of the subnets
/// that use it, and all reward pools in it. Every unit comes in by stake or fundRewards, is counted in
/// exactly one of the four, and leaves by withdrawStake (unbonding), claimReward (pool), as a reporter's
/// tenth of a slash or as a payer's refund (frozen). No constructor arguments, so that the address is the
/// same on every chain.
contract ValidatorRegistry is IValidatorRegistry, Equivocation, Penalties, Disputes {}
