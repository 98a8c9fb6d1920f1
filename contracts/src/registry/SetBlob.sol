// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";

/// @notice Sets of voters kept as the code of a contract, which is a fifth of the price of storage.
/// @dev A member is one word: key (20 bytes) and weight (12 bytes). The code begins with a zero byte
/// (STOP), so that it can be called and does nothing, for ever. The address follows from the set, so that
/// a set is written once.
library SetBlob {
    /// @dev Returns everything behind itself: PUSH1 11 CODESIZE SUB DUP1 PUSH1 11 PUSH0 CODECOPY PUSH0 RETURN.
    bytes11 private constant RETURN_THE_REST = hex"600b380380600b5f395ff3";

    function write(uint256[] memory set) internal returns (address blob) {
        bytes memory code = abi.encodePacked(RETURN_THE_REST, bytes1(0), set);
        blob = Create2.computeAddress(0, keccak256(code));
        if (blob.code.length == 0) Create2.deploy(0, 0, code);
    }

    function read(address blob) internal view returns (uint256[] memory set) {
        set = new uint256[](blob.code.length / 32);
        assembly ("memory-safe") {
            extcodecopy(blob, add(set, 0x20), 1, mul(mload(set), 0x20))
        }
    }

    function keyOf(uint256 member) internal pure returns (address) {
        // 256 - 96 bits are left.
        // forge-lint: disable-next-line(unsafe-typecast)
        return address(uint160(member >> 96));
    }

    function weightOf(uint256 member) internal pure returns (uint256) {
        return member & type(uint96).max;
    }
}
