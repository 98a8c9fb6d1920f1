// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ChannelConfigHash} from "./ChannelConfigHash.sol";
import {Channels} from "./Channels.sol";
import {IInferencePayment} from "./IInferencePayment.sol";

/// @notice Claims in the packed form: what all rows share is said once, and a row is 100 or 120 bytes.
/// @dev Leaves the same state as the struct form with the same rows. Per row: one signature check, one
/// storage slot, 48 bytes of event.
abstract contract PackedClaims is Channels {
    uint256 private constant ROW_BYTES = 100;
    uint256 private constant ROW_BYTES_WITH_AUTHORIZER = 120;
    uint256 private constant CLAIM_BYTES = 48;
    /// @dev Half of the order of secp256k1: a signature with a larger s has a twin and is refused.
    uint256 private constant LARGEST_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// @dev What is hashed, as it lies in memory: per row only that is written in which rows differ.
    /// 0x000 to 0x100: ChannelConfig. 0x100 to 0x160: Voucher. 0x17e to 0x1c0: "\x19\x01", domain and
    /// struct hash. 0x1c0 to 0x240: input of ecrecover.
    struct Frame {
        bytes32 configTypehash;
        address payer;
        address payerAuthorizer;
        address receiver;
        address receiverAuthorizer;
        address token;
        uint256 withdrawDelay;
        bytes32 salt;
        bytes32 voucherTypehash;
        bytes32 channelId;
        uint256 maxClaimableAmount;
        uint256 prefix;
        bytes32 domain;
        bytes32 structHash;
        bytes32 digest;
        uint256 v;
        bytes32 r;
        uint256 s;
        AuthorizerForm authorizer;
    }

    /// @inheritdoc IInferencePayment
    function claimPacked(PackedBatch calldata batch, bytes calldata rows) external nonReentrant {
        bool isReceiverSide = msg.sender == batch.receiver || msg.sender == batch.receiverAuthorizer;
        if (!isReceiverSide) revert NotReceiverSide(msg.sender);
        uint256 count = _countRows(batch.authorizer, rows.length);

        Receiver storage account = receivers[batch.receiver][batch.token];
        uint256 receiverTotal = account.totalClaimed;
        (bytes memory claims, uint256 newTotal) = _claimRows(_frameOf(batch), rows, count, receiverTotal);
        if (newTotal == receiverTotal) return;
        account.totalClaimed = uint128(newTotal);
        emit ClaimedPacked(batch.receiver, batch.token, msg.sender, claims);
    }

    function _claimRows(Frame memory frame, bytes calldata rows, uint256 count, uint256 receiverTotal)
        private
        returns (bytes memory claims, uint256 newTotal)
    {
        // A row's 48 bytes are written as two words: the last one needs 16 bytes beyond.
        claims = new bytes(count * CLAIM_BYTES + 16);
        newTotal = receiverTotal;
        uint256 end;
        uint256 source;
        uint256 step = rows.length / count;
        assembly ("memory-safe") {
            end := add(claims, 0x20)
            source := rows.offset
        }
        for (uint256 row = 0; row < count; ++row) {
            (ClaimFault fault, uint256 raised, uint256 total) = _claimRow(frame, source, newTotal);
            bytes32 channelId = frame.channelId;
            source += step;
            if (fault != ClaimFault.None) {
                emit ClaimSkipped(channelId, msg.sender, row, fault);
                continue;
            }
            newTotal += raised;
            assembly ("memory-safe") {
                mstore(end, channelId)
                mstore(add(end, 0x20), or(shl(192, raised), shl(128, total)))
                end := add(end, CLAIM_BYTES)
            }
        }
        assembly ("memory-safe") {
            mstore(claims, sub(end, add(claims, 0x20)))
        }
    }

    /// @dev Leaves the channel's id in the frame, whatever the fault.
    function _claimRow(Frame memory frame, uint256 source, uint256 receiverTotal)
        private
        returns (ClaimFault fault, uint256 raised, uint256 total)
    {
        address signer;
        uint256 ceiling;
        (signer, source) = _readParties(frame, source);
        assembly ("memory-safe") {
            let amounts := calldataload(source)
            ceiling := shr(192, amounts)
            total := and(shr(128, amounts), 0xffffffffffffffff)
        }

        Channel storage channel = channels[_hashChannel(frame)];
        (uint256 escrow, uint256 claimed) = _load(channel);
        fault = _totalFault(total, ceiling, escrow, claimed, receiverTotal);
        if (fault != ClaimFault.None) return (fault, 0, 0);
        if (!_isSigned(frame, source + 16, ceiling, signer)) return (ClaimFault.BadSignature, 0, 0);

        _store(channel, escrow, total);
        return (ClaimFault.None, total - claimed, total);
    }

    /// @dev Puts payer and payerAuthorizer into the frame; `next` is where the row's amounts are.
    function _readParties(Frame memory frame, uint256 source)
        private
        pure
        returns (address signer, uint256 next)
    {
        address payer;
        address authorizer;
        assembly ("memory-safe") {
            payer := shr(96, calldataload(source))
            authorizer := shr(96, calldataload(add(source, 20)))
        }
        next = source + 20;
        frame.payer = payer;
        if (frame.authorizer == AuthorizerForm.None) return (payer, next);
        if (frame.authorizer == AuthorizerForm.Payer) authorizer = payer;
        else next += 20;
        frame.payerAuthorizer = authorizer;
        signer = authorizer == address(0) ? payer : authorizer;
    }

    function _hashChannel(Frame memory frame) private pure returns (bytes32 channelId) {
        assembly ("memory-safe") {
            mstore(add(frame, 0x1a0), keccak256(frame, 0x100))
            channelId := keccak256(add(frame, 0x17e), 0x42)
            mstore(add(frame, 0x120), channelId)
        }
    }

    /// @dev The signature is that of EIP-2098: r, then s with the parity of y in its highest bit.
    function _isSigned(Frame memory frame, uint256 source, uint256 ceiling, address signer)
        private
        view
        returns (bool signed)
    {
        uint256 s;
        address recovered;
        assembly ("memory-safe") {
            mstore(add(frame, 0x140), ceiling)
            mstore(add(frame, 0x1a0), keccak256(add(frame, 0x100), 0x60))
            mstore(add(frame, 0x1c0), keccak256(add(frame, 0x17e), 0x42))
            let parityAndS := calldataload(add(source, 0x20))
            s := shr(1, shl(1, parityAndS))
            mstore(add(frame, 0x1e0), add(27, shr(255, parityAndS)))
            mstore(add(frame, 0x200), calldataload(source))
            mstore(add(frame, 0x220), s)
            // A signature that recovers nothing leaves the zero that was there.
            mstore(0, 0)
            pop(staticcall(gas(), 1, add(frame, 0x1c0), 0x80, 0, 0x20))
            recovered := mload(0)
        }
        return s <= LARGEST_S && recovered != address(0) && recovered == signer;
    }

    /// @dev The whole channel is one slot, read once and written once.
    function _load(Channel storage channel) private view returns (uint256 escrow, uint256 claimed) {
        assembly ("memory-safe") {
            let slot := sload(channel.slot)
            escrow := and(slot, 0xffffffffffffffffffffffffffffffff)
            claimed := shr(128, slot)
        }
    }

    function _store(Channel storage channel, uint256 escrow, uint256 claimed) private {
        assembly ("memory-safe") {
            sstore(channel.slot, or(escrow, shl(128, claimed)))
        }
    }

    function _frameOf(PackedBatch calldata batch) private view returns (Frame memory frame) {
        frame.configTypehash = ChannelConfigHash.TYPEHASH;
        frame.receiver = batch.receiver;
        frame.receiverAuthorizer = batch.receiverAuthorizer;
        frame.token = batch.token;
        frame.withdrawDelay = batch.withdrawDelay;
        frame.salt = batch.salt;
        frame.voucherTypehash = VOUCHER_TYPEHASH;
        frame.prefix = 0x1901;
        frame.domain = _domainSeparatorV4();
        frame.authorizer = batch.authorizer;
    }

    function _countRows(AuthorizerForm form, uint256 length) private pure returns (uint256) {
        uint256 rowBytes = form == AuthorizerForm.Explicit ? ROW_BYTES_WITH_AUTHORIZER : ROW_BYTES;
        if (length == 0) revert EmptyBatch();
        if (length % rowBytes != 0) revert MalformedRows(length);
        return length / rowBytes;
    }
}
