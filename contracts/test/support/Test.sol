// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IValidatorRegistry} from "../../src/registry/IValidatorRegistry.sol";
import {Vm} from "./Vm.sol";

/// @notice What every test needs: the cheat codes, and numbers within bounds.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    bool public constant IS_TEST = true;

    /// @dev Not by its constructor: an import would compile the importing test for size as well.
    function newRegistry() internal returns (IValidatorRegistry) {
        return IValidatorRegistry(vm.deployCode("ValidatorRegistry.sol:ValidatorRegistry"));
    }

    /// @dev Maps any value into low..high; values that are inside already stay as they are.
    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        if (value >= low && value <= high) return value;
        uint256 size = high - low + 1;
        return size == 0 ? value : low + value % size;
    }

    function bound128(uint256 value, uint256 low, uint256 high) internal pure returns (uint128) {
        return uint128(bound(value, low, high));
    }

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }
}
