// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";

/// @notice Writes struct rows in the packed form, knowing only what the interface says of it.
library PackedRows {
    function batchOf(IInferencePayment.ChannelConfig memory config, IInferencePayment.AuthorizerForm form)
        internal
        pure
        returns (IInferencePayment.PackedBatch memory)
    {
        return IInferencePayment.PackedBatch({
            receiver: config.receiver,
            receiverAuthorizer: config.receiverAuthorizer,
            token: config.token,
            withdrawDelay: config.withdrawDelay,
            salt: config.salt,
            authorizer: form
        });
    }

    function pack(IInferencePayment.VoucherClaim memory row, IInferencePayment.AuthorizerForm form)
        internal
        pure
        returns (bytes memory)
    {
        IInferencePayment.ChannelConfig memory config = row.voucher.channel;
        bytes memory parties = form == IInferencePayment.AuthorizerForm.Explicit
            ? abi.encodePacked(config.payer, config.payerAuthorizer)
            : abi.encodePacked(config.payer);
        uint64 ceiling = uint64(row.voucher.maxClaimableAmount);
        return abi.encodePacked(parties, ceiling, uint64(row.totalClaimed), compact(row.signature));
    }

    function pack(IInferencePayment.VoucherClaim[] memory rows, IInferencePayment.AuthorizerForm form)
        internal
        pure
        returns (bytes memory packed)
    {
        for (uint256 i = 0; i < rows.length; ++i) {
            packed = bytes.concat(packed, pack(rows[i], form));
        }
    }

    /// @dev EIP-2098: the parity of y in the highest bit of s.
    function compact(bytes memory signature) internal pure returns (bytes memory) {
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
        return abi.encodePacked(r, v == 28 ? s | bytes32(uint256(1) << 255) : s);
    }
}
