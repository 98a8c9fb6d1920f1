// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

/// @notice The form of EIP-3009's receiveWithAuthorization that takes the signature in one piece, as USDC
/// has it; EIP-1271 accounts can only use this one.
interface IReceiveWithAuthorization {
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) external;
}

/// @notice A transfer that its owner signed (EIP-3009) and only the recipient can carry out.
struct TransferAuthorization {
    uint256 validAfter;
    uint256 validBefore;
    bytes32 nonce;
    bytes signature;
}

using Authorizations for TransferAuthorization global;

/// @notice Carries authorizations out; InferencePayment and Eip3009Collector share it.
library Authorizations {
    /// @notice The token refused the authorization and gave no reason, or knows no EIP-3009.
    error AuthorizationRefused(address token);

    /// @dev Moves `amount` from `from` to this contract. Tokens that lack the form with the signature in
    /// one piece answer it with nothing, and are asked again in the form of the standard. Whoever calls
    /// this checks what arrived.
    function receiveFrom(TransferAuthorization memory self, address token, address from, uint256 amount)
        internal
    {
        (bool received, bytes memory answer) = token.call(_inOnePiece(self, from, amount));
        if (!received && answer.length == 0 && self.signature.length == 65) {
            (received, answer) = token.call(_inThreeParts(self, from, amount));
        }
        if (received) return;
        if (answer.length == 0) revert AuthorizationRefused(token);
        LowLevelCall.bubbleRevert(answer);
    }

    function _inOnePiece(TransferAuthorization memory self, address from, uint256 amount)
        private
        view
        returns (bytes memory)
    {
        return abi.encodeCall(
            IReceiveWithAuthorization.receiveWithAuthorization,
            (from, address(this), amount, self.validAfter, self.validBefore, self.nonce, self.signature)
        );
    }

    function _inThreeParts(TransferAuthorization memory self, address from, uint256 amount)
        private
        view
        returns (bytes memory)
    {
        bytes memory signature = self.signature;
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
        return abi.encodeCall(
            IERC3009.receiveWithAuthorization,
            (from, address(this), amount, self.validAfter, self.validBefore, self.nonce, v, r, s)
        );
    }
}
