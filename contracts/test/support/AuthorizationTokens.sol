// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20, ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @notice EIP-3009 as the standard has it: signatures in three parts only.
contract StandardAuthorizationToken is ERC3009 {
    constructor() ERC20("Standard", "STD") EIP712("Standard", "1") {}

    function mint(address account, uint256 amount) external {
        _mint(account, amount);
    }

    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }
}

/// @notice Takes signatures in one piece only, and refuses them all with a reason.
contract OnePieceToken is ERC20("Piece", "ONE") {
    error Frozen();

    function receiveWithAuthorization(address, address, uint256, uint256, uint256, bytes32, bytes calldata)
        external
        pure
    {
        revert Frozen();
    }
}

/// @notice Answers every call with nothing, and moves nothing.
contract SilentToken is ERC20("Silent", "HUSH") {
    fallback() external {}
}
