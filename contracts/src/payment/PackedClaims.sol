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
    uint256 private constant AUTHORIZER_BYTES = 20;
    uint256 private constant CLAIM_BYTES = 48;
    uint256 private constant LARGEST_UINT128 = 0xffffffffffffffffffffffffffffffff;
    uint256 private constant S_OF_COMPACT_SIGNATURE =
        0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;

    /// @dev What is hashed, as it lies in memory, so that per row only that is written in which rows
    /// differ; then how far the claim is. It is the first thing in memory, at a place known to the
    /// compiler: an address that is added up costs three times as much, twenty times per row.
    struct Frame {
        bytes32 configTypehash; // 0x080: ChannelConfig, 0x100 bytes
        address payer;
        address payerAuthorizer;
        address receiver;
        address receiverAuthorizer;
        address token;
        uint256 withdrawDelay;
        bytes32 salt;
        bytes32 voucherTypehash; // 0x180: Voucher, 0x60 bytes
        bytes32 channelId;
        uint256 maxClaimableAmount;
        uint256 prefix; // 0x1e0: its last two bytes are 0x1901, the start of typed data of 0x42 bytes
        bytes32 domain;
        bytes32 structHash;
        bytes32 digest; // 0x240: what ecrecover is given, 0x80 bytes
        uint256 v;
        bytes32 r;
        uint256 s;
        uint256 mirror; // 0x2c0: where the payer's address goes too
        bool isExplicit;
        uint256 source; // the next row, in the calldata
        uint256 end;
        uint256 target; // the next 48 bytes of the event, in memory
        uint256 room; // what the receiver's total may still grow by
    }

    uint256 private constant CONFIG = 0x080;
    uint256 private constant PAYER = 0x0a0;
    uint256 private constant PAYER_AUTHORIZER = 0x0c0;
    uint256 private constant VOUCHER = 0x180;
    uint256 private constant CHANNEL_ID = 0x1a0;
    uint256 private constant MAX_CLAIMABLE_AMOUNT = 0x1c0;
    uint256 private constant TYPED_DATA = 0x1fe;
    uint256 private constant STRUCT_HASH = 0x220;
    uint256 private constant DIGEST = 0x240;
    uint256 private constant V = 0x260;
    uint256 private constant R = 0x280;
    uint256 private constant S = 0x2a0;
    uint256 private constant MIRROR = 0x2c0;
    uint256 private constant IS_EXPLICIT = 0x2e0;
    uint256 private constant SOURCE = 0x300;
    uint256 private constant END = 0x320;
    uint256 private constant TARGET = 0x340;
    uint256 private constant ROOM = 0x360;

    /// @inheritdoc IInferencePayment
    function claimPacked(PackedBatch calldata batch, bytes calldata rows) external nonReentrant {
        Frame memory frame;
        _fill(frame, batch);
        bool isReceiverSide = msg.sender == frame.receiver || msg.sender == frame.receiverAuthorizer;
        if (!isReceiverSide) revert NotReceiverSide(msg.sender);
        uint256 rowBytes = frame.isExplicit ? ROW_BYTES + AUTHORIZER_BYTES : ROW_BYTES;
        if (rows.length == 0) revert EmptyBatch();
        if (rows.length % rowBytes != 0) revert MalformedRows(rows.length);

        Receiver storage account = receivers[frame.receiver][frame.token];
        uint256 room = LARGEST_UINT128 - account.totalClaimed;
        frame.room = room;
        uint256 claims = _claimRows(frame, rows, rowBytes);
        if (frame.room == room) return;
        account.totalClaimed = uint128(LARGEST_UINT128 - frame.room);
        _emitClaimedPacked(frame, claims);
    }

    /// @dev Raises the channels' totals and takes as much from the room.
    /// @return claims Where in memory the 48 bytes of each row begin; they end at the frame's target.
    function _claimRows(Frame memory frame, bytes calldata rows, uint256 rowBytes)
        private
        returns (uint256 claims)
    {
        uint256 start;
        // Two words stand before the claims for the head of the event. A row's 48 bytes are written as
        // two words: the last one needs 16 bytes beyond.
        uint256 room = rows.length / rowBytes * CLAIM_BYTES + 0x60;
        assembly ("memory-safe") {
            start := rows.offset
            claims := add(mload(0x40), 0x40)
            mstore(0x40, add(mload(0x40), and(add(room, 0x1f), not(0x1f))))
        }
        (frame.source, frame.end, frame.target) = (start, start + rows.length, claims);
        while (!_claimWhileRowsHold()) {
            _reportSkipped(frame, (frame.source - start) / rowBytes - 1);
        }
    }

    /// @dev The event is written where its claims are: they are not copied.
    function _emitClaimedPacked(Frame memory frame, uint256 claims) private {
        bytes32 topic = ClaimedPacked.selector;
        (address receiver, address token) = (frame.receiver, frame.token);
        assembly ("memory-safe") {
            let length := sub(mload(TARGET), claims)
            mstore(sub(claims, 0x40), 0x20)
            mstore(sub(claims, 0x20), length)
            // What stands behind the claims is padding, as ABI encoding wants it: zero.
            mstore(add(claims, length), 0)
            let size := and(add(length, 0x5f), not(0x1f))
            log4(sub(claims, 0x40), size, topic, receiver, token, caller())
        }
    }

    /// @dev Carries rows out until one does not hold, and leaves the frame behind that one. In assembly,
    /// because every voucher's settlement pays for it. Per row: 1. payer and signer; 2. the channel's id
    /// and its one slot; 3. the totals; 4. the signature; 5. the new total, and its part of the event.
    /// @return done False when a row did not hold; its channel's id is in the frame.
    function _claimWhileRowsHold() private returns (bool done) {
        assembly ("memory-safe") {
            let source := mload(SOURCE)
            let target := mload(TARGET)
            let room := mload(ROOM)
            mstore(0x20, channels.slot)
            done := 1
            for {} lt(source, mload(END)) {} {
                // 1.
                let signer := shr(96, calldataload(source))
                mstore(PAYER, signer)
                mstore(mload(MIRROR), signer)
                if mload(IS_EXPLICIT) {
                    source := add(source, AUTHORIZER_BYTES)
                    let authorizer := shr(96, calldataload(source))
                    mstore(PAYER_AUTHORIZER, authorizer)
                    if authorizer { signer := authorizer }
                }

                // 2.
                mstore(STRUCT_HASH, keccak256(CONFIG, 0x100))
                let channelId := keccak256(TYPED_DATA, 0x42)
                mstore(CHANNEL_ID, channelId)
                mstore(0, channelId)
                let slot := keccak256(0, 0x40)
                let channel := sload(slot)

                // 3. A total below what is claimed wraps around, and so is above any room.
                mstore(MAX_CLAIMABLE_AMOUNT, shr(192, calldataload(add(source, 20))))
                let total := shr(192, calldataload(add(source, 28)))
                let raised := sub(total, shr(128, channel))
                let fails := or(gt(total, and(channel, LARGEST_UINT128)), gt(raised, room))
                fails := or(fails, or(gt(total, mload(MAX_CLAIMABLE_AMOUNT)), iszero(raised)))

                // 4. ecrecover gets no gas for a row that fails already; without an answer the channel's id
                // stays where the signer is looked for. A signature's twin (s negated) does not fit: its s
                // needs the bit that the parity took, but for one of 2^127, which nobody can find.
                // Even that twin would raise nothing: totals only rise, to what the payer signed at most.
                mstore(R, calldataload(add(source, 36)))
                let parityAndS := calldataload(add(source, 68))
                source := add(source, ROW_BYTES)
                mstore(V, add(27, shr(255, parityAndS)))
                mstore(S, and(parityAndS, S_OF_COMPACT_SIGNATURE))
                mstore(STRUCT_HASH, keccak256(VOUCHER, 0x60))
                mstore(DIGEST, keccak256(TYPED_DATA, 0x42))
                pop(staticcall(mul(gas(), iszero(fails)), 1, DIGEST, 0x80, 0, 0x20))
                if iszero(eq(mload(0), signer)) {
                    done := 0
                    break
                }

                // 5.
                sstore(slot, add(channel, shl(128, raised)))
                room := sub(room, raised)
                mstore(target, channelId)
                mstore(add(target, 0x20), shl(128, or(shl(64, raised), total)))
                target := add(target, CLAIM_BYTES)
            }
            mstore(SOURCE, source)
            mstore(TARGET, target)
            mstore(ROOM, room)
        }
    }

    /// @dev Says why the row before `source` did not hold. Off the path of rows that do: it looks again.
    function _reportSkipped(Frame memory frame, uint256 row) private {
        uint256 totalAt = frame.source - 72;
        uint256 total;
        assembly ("memory-safe") {
            total := shr(192, calldataload(totalAt))
        }
        Channel memory channel = channels[frame.channelId];
        ClaimFault fault = _totalFault(
            total,
            frame.maxClaimableAmount,
            channel.balance,
            channel.totalClaimed,
            LARGEST_UINT128 - frame.room
        );
        if (fault == ClaimFault.None) fault = ClaimFault.BadSignature;
        emit ClaimSkipped(frame.channelId, msg.sender, row, fault);
    }

    function _fill(Frame memory frame, PackedBatch calldata batch) private view {
        uint256 place;
        assembly ("memory-safe") {
            place := frame
        }
        assert(place == CONFIG);

        frame.configTypehash = ChannelConfigHash.TYPEHASH;
        frame.receiver = batch.receiver;
        frame.receiverAuthorizer = batch.receiverAuthorizer;
        frame.token = batch.token;
        frame.withdrawDelay = batch.withdrawDelay;
        frame.salt = batch.salt;
        frame.voucherTypehash = VOUCHER_TYPEHASH;
        frame.prefix = 0x1901;
        frame.domain = _domainSeparatorV4();
        frame.isExplicit = batch.authorizer == AuthorizerForm.Explicit;
        frame.mirror = batch.authorizer == AuthorizerForm.Payer ? PAYER_AUTHORIZER : PAYER;
    }
}
