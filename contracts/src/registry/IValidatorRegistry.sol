// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IConsensus} from "./IConsensus.sol";
import {IDisputes} from "./IDisputes.sol";
import {IPenalties} from "./IPenalties.sol";
import {IRewardPool} from "./IRewardPool.sol";
import {IRewards} from "./IRewards.sol";
import {IStakes} from "./IStakes.sol";
import {ISubnets} from "./ISubnets.sol";

/// @title Subnets, the stake behind their operators, and what their validators agree on
/// @notice Nobody owns the contract, nothing in it can be replaced, and nobody but the evidence in
/// IConsensus, IPenalties and IDisputes takes stake from an operator.
/// @dev The address of this contract is the verifyingContract of every network message, EIP-712 domain
/// "NCN" version "2" (see eip712Domain, ERC-5267), and of every vote, domain "NCN-Consensus" version "1".
interface IValidatorRegistry is ISubnets, IStakes, IRewardPool, IConsensus, IRewards, IPenalties, IDisputes {}
