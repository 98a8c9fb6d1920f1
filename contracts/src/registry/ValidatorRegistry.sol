// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {RewardPool} from "./RewardPool.sol";

/// @title ValidatorRegistry
/// @notice Subnets, stake per subnet, role and operator, and reward pools.
/// @dev For each token the contract holds at least all bonded, unbonding and frozen stake of the subnets
/// that use it, and all reward pools in it. No constructor arguments, so that the address is the same on
/// every chain.
contract ValidatorRegistry is RewardPool, EIP712 {
    constructor() EIP712("NCN", "2") {}

    // Validators have no seats and no snapshots here.
    function _afterRaise(uint256 subnetId, address operator) internal override {}

    function _afterFall(uint256 subnetId, address operator) internal override {}

    function _newestSnapshotOf(uint256, address) internal pure override returns (uint32) {
        return 0;
    }

    function _freeAt(uint256, uint32, uint40) internal pure override returns (uint40) {
        return 0;
    }
}
