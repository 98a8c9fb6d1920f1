// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {InferencePayment} from "../../src/payment/InferencePayment.sol";
import {PackedRows} from "../support/PackedRows.sol";
import {PaymentTest} from "../support/PaymentTest.sol";
import {Vm} from "../support/Vm.sol";

contract PackedClaimTest is PaymentTest {
    IInferencePayment.AuthorizerForm private constant NONE = IInferencePayment.AuthorizerForm.None;
    IInferencePayment.AuthorizerForm private constant PAYER = IInferencePayment.AuthorizerForm.Payer;
    IInferencePayment.AuthorizerForm private constant EXPLICIT = IInferencePayment.AuthorizerForm.Explicit;
    uint256 private constant GROUP_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function setUp() public override {
        super.setUp();
        deposit(config, 1000);
    }

    function test_ARowRaisesTheTotalsAndIsInTheEvent() public {
        _claimPacked(row(config, PAYER_KEY, 100, 100), NONE);
        bytes memory claims = abi.encodePacked(channelId, uint64(200), uint64(300));
        vm.expectEmit(address(payment));
        emit IInferencePayment.ClaimedPacked(receiver, address(usd), authorizer, claims);
        _claimPacked(row(config, PAYER_KEY, 500, 300), NONE);
        vm.assertEq(claimedOf(channelId), 300, "claimed");
        vm.assertEq(escrowOf(channelId), 1000, "escrow");
        (uint128 total,) = payment.receivers(receiver, address(usd));
        vm.assertEq(total, 300, "receiver");

        payment.settle(receiver, address(usd));
        vm.assertEq(usd.balanceOf(receiver), 300, "paid");
    }

    /// The layout byte by byte, without the library that the other tests write it with.
    function test_ARowIsAHundredBytes() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, payment.getVoucherDigest(channelId, 500));
        uint256 parityAndS = uint256(s) | (v == 28 ? 1 << 255 : 0);
        bytes memory packed = abi.encodePacked(payer, uint64(500), uint64(300), r, parityAndS);
        vm.assertEq(packed.length, 100, "length");
        vm.prank(authorizer);
        payment.claimPacked(PackedRows.batchOf(config, NONE), packed);
        vm.assertEq(claimedOf(channelId), 300, "claimed");
    }

    function test_TheReceiverMayClaimTooAndNobodyElse() public {
        IInferencePayment.PackedBatch memory batch = PackedRows.batchOf(config, NONE);
        bytes memory packed = PackedRows.pack(row(config, PAYER_KEY, 500, 300), NONE);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.NotReceiverSide.selector, stranger));
        vm.prank(stranger);
        payment.claimPacked(batch, packed);
        vm.prank(receiver);
        payment.claimPacked(batch, packed);
        vm.assertEq(claimedOf(channelId), 300, "claimed");
    }

    /// A stranger who names itself receiver asks for channels that do not exist.
    function test_ForeignChannelsAreOutOfReach() public {
        IInferencePayment.PackedBatch memory batch = PackedRows.batchOf(config, NONE);
        batch.receiver = stranger;
        bytes memory packed = PackedRows.pack(row(config, PAYER_KEY, 500, 300), NONE);
        vm.prank(stranger);
        payment.claimPacked(batch, packed);
        vm.assertEq(claimedOf(channelId), 0, "claimed");
        (uint128 total,) = payment.receivers(stranger, address(usd));
        vm.assertEq(total, 0, "stranger");
    }

    function test_NoRowsAndPartsOfRowsAreRefused() public {
        uint16[6] memory lengths = [uint16(1), 99, 101, 120, 199, 240];
        for (uint256 i = 0; i < lengths.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IInferencePayment.MalformedRows.selector, lengths[i]));
            vm.prank(authorizer);
            payment.claimPacked(PackedRows.batchOf(config, NONE), new bytes(lengths[i]));
        }
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.MalformedRows.selector, 100));
        vm.prank(authorizer);
        payment.claimPacked(PackedRows.batchOf(config, EXPLICIT), new bytes(100));
        vm.expectRevert(IInferencePayment.EmptyBatch.selector);
        vm.prank(authorizer);
        payment.claimPacked(PackedRows.batchOf(config, NONE), "");
    }

    function test_AnAllBadBatchEmitsNoClaims() public {
        vm.recordLogs();
        _claimPacked(row(config, STRANGER_KEY, 500, 300), NONE);
        vm.assertEq(vm.getRecordedLogs().length, 1, "only the skip");
    }

    /// The report of a skipped row needs memory, and must not take that of the claims before it.
    function test_AReportLeavesTheClaimsInTheEventWhole() public {
        uint64 total = 0;
        for (uint256 count = 2; count < 6; ++count) {
            IInferencePayment.VoucherClaim[] memory rows = new IInferencePayment.VoucherClaim[](count);
            bytes memory claims = "";
            for (uint256 i = 0; i + 1 < count; ++i) {
                total += 7;
                rows[i] = row(config, PAYER_KEY, 500, total);
                claims = bytes.concat(claims, abi.encodePacked(channelId, uint64(7), total));
            }
            rows[count - 1] = row(config, STRANGER_KEY, 500, 500);
            expectSkip(channelId, authorizer, count - 1, IInferencePayment.ClaimFault.BadSignature);
            vm.expectEmit(address(payment));
            emit IInferencePayment.ClaimedPacked(receiver, address(usd), authorizer, claims);
            _claimPacked(rows, NONE);
        }
    }

    function test_EveryFaultIsNamedWithItsRow() public {
        claim(row(config, PAYER_KEY, 100, 100));
        IInferencePayment.VoucherClaim[] memory rows = new IInferencePayment.VoucherClaim[](5);
        rows[0] = row(config, PAYER_KEY, 500, 100);
        rows[1] = row(config, PAYER_KEY, 500, 501);
        rows[2] = row(config, PAYER_KEY, 2000, 1001);
        rows[3] = row(config, STRANGER_KEY, 500, 300);
        rows[4] = row(config, PAYER_KEY, 500, 300);
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.NotRaised);
        expectSkip(channelId, authorizer, 1, IInferencePayment.ClaimFault.AboveVoucher);
        expectSkip(channelId, authorizer, 2, IInferencePayment.ClaimFault.AboveBalance);
        expectSkip(channelId, authorizer, 3, IInferencePayment.ClaimFault.BadSignature);
        _claimPacked(rows, NONE);
        vm.assertEq(claimedOf(channelId), 300, "the last row");
    }

    function test_AFullReceiverTotalSkipsTheRowOnly() public {
        IInferencePayment.ChannelConfig memory whale = channelOf(stranger, address(0), 3);
        fund(stranger, type(uint128).max);
        deposit(whale, type(uint128).max);
        claim(row(whale, STRANGER_KEY, type(uint128).max, type(uint128).max - 100));
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.ReceiverTotalOverflow);
        _claimPacked(row(config, PAYER_KEY, 500, 101), NONE);
        _claimPacked(row(config, PAYER_KEY, 500, 100), NONE);
        vm.assertEq(claimedOf(channelId), 100, "claimed");
        (uint128 total,) = payment.receivers(receiver, address(usd));
        vm.assertEq(total, type(uint128).max, "full");
    }

    function test_TheLargestAmountOfARowIsTaken() public {
        uint128 largest = type(uint64).max;
        fund(stranger, largest);
        IInferencePayment.ChannelConfig memory rich = channelOf(stranger, address(0), 0);
        deposit(rich, largest);
        _claimPacked(row(rich, STRANGER_KEY, largest, largest), NONE);
        vm.assertEq(claimedOf(payment.getChannelId(rich)), largest, "claimed");
    }

    function test_ATotalThatOutgrewRowsIsNotLowered() public {
        uint128 large = uint128(type(uint64).max) + 5;
        fund(stranger, 2 * uint256(large));
        IInferencePayment.ChannelConfig memory rich = channelOf(stranger, address(0), 0);
        bytes32 id = payment.getChannelId(rich);
        deposit(rich, 2 * large);
        claim(row(rich, STRANGER_KEY, large, large));
        expectSkip(id, authorizer, 0, IInferencePayment.ClaimFault.NotRaised);
        _claimPacked(row(rich, STRANGER_KEY, type(uint64).max, type(uint64).max), NONE);
        vm.assertEq(claimedOf(id), large, "claimed");
    }

    function test_EachFormNamesTheSigner() public {
        IInferencePayment.ChannelConfig memory own = channelOf(payer, payer, 0);
        IInferencePayment.ChannelConfig memory delegated = channelOf(payer, delegate, 0);
        deposit(own, 1000);
        deposit(delegated, 1000);
        _claimPacked(row(own, PAYER_KEY, 500, 300), PAYER);
        vm.assertEq(claimedOf(payment.getChannelId(own)), 300, "payer");

        IInferencePayment.VoucherClaim[] memory rows = new IInferencePayment.VoucherClaim[](4);
        rows[0] = row(delegated, PAYER_KEY, 500, 300);
        rows[1] = row(delegated, DELEGATE_KEY, 500, 300);
        rows[2] = row(config, PAYER_KEY, 500, 200);
        rows[3] = row(own, PAYER_KEY, 500, 400);
        bytes32 id = payment.getChannelId(delegated);
        expectSkip(id, authorizer, 0, IInferencePayment.ClaimFault.BadSignature);
        _claimPacked(rows, EXPLICIT);
        vm.assertEq(claimedOf(id), 300, "delegate");
        vm.assertEq(claimedOf(channelId), 200, "a row without authorizer is the payer's");
        vm.assertEq(claimedOf(payment.getChannelId(own)), 400, "a row that names the payer");
    }

    function test_MalformedSignaturesAreSkipped() public {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, payment.getVoucherDigest(channelId, 500));
        bytes32 parity = bytes32(v == 28 ? uint256(1) << 255 : 0);
        bytes32 other = bytes32(uint256(1) << 255) ^ parity;
        bytes[6] memory malformed = [
            abi.encodePacked(bytes32(0), bytes32(0)),
            abi.encodePacked(r, bytes32(0)),
            abi.encodePacked(bytes32(0), s | parity),
            abi.encodePacked(r, s | other),
            abi.encodePacked(bytes32(GROUP_ORDER), s | parity),
            abi.encodePacked(s, r)
        ];
        for (uint256 i = 0; i < malformed.length; ++i) {
            expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.BadSignature);
            vm.prank(authorizer);
            payment.claimPacked(
                PackedRows.batchOf(config, NONE),
                bytes.concat(abi.encodePacked(payer, uint64(500), uint64(300)), malformed[i])
            );
        }
        vm.assertEq(claimedOf(channelId), 0, "claimed");
    }

    /// Neither form takes the signature with s negated, and no signature raises to one total twice.
    function test_ATwinIsRefusedAndATotalRaisesOnce() public {
        IInferencePayment.VoucherClaim memory good = row(config, PAYER_KEY, 500, 300);
        IInferencePayment.VoucherClaim memory twin = row(config, PAYER_KEY, 500, 300);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, payment.getVoucherDigest(channelId, 500));
        bytes32 negated = bytes32(GROUP_ORDER - uint256(s));
        twin.signature = abi.encodePacked(r, negated, v ^ 7);
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.BadSignature);
        claim(twin);
        for (uint256 parity = 0; parity < 2; ++parity) {
            twin.signature = abi.encodePacked(r, negated & ~bytes32(uint256(1) << 255), uint8(27 + parity));
            expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.BadSignature);
            _claimPacked(twin, NONE);
        }

        _claimPacked(good, NONE);
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.NotRaised);
        _claimPacked(good, NONE);
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.NotRaised);
        claim(good);
        vm.assertEq(claimedOf(channelId), 300, "claimed");
    }

    /// ecrecover says nothing for it, which must not be taken for the zero address.
    function test_NobodySignsForThePayerZero() public {
        bytes memory unsigned = abi.encodePacked(address(0), uint64(500), uint64(300), new bytes(64));
        IInferencePayment.ChannelConfig memory nobody = channelOf(address(0), address(0), 0);
        expectSkip(payment.getChannelId(nobody), authorizer, 0, IInferencePayment.ClaimFault.AboveBalance);
        vm.prank(authorizer);
        payment.claimPacked(PackedRows.batchOf(nobody, NONE), unsigned);
    }

    function testFuzz_AnyChangedByteIsRefused(uint256 position, uint8 flip) public {
        bytes memory packed = PackedRows.pack(row(config, PAYER_KEY, 500, 300), NONE);
        position = bound(position, 0, packed.length - 1);
        bool isTotal = position >= 28 && position < 36;
        vm.assume(flip != 0 && !isTotal);
        packed[position] ^= bytes1(flip);
        vm.prank(authorizer);
        payment.claimPacked(PackedRows.batchOf(config, NONE), packed);
        vm.assertEq(claimedOf(channelId), 0, "claimed");
        (uint128 total,) = payment.receivers(receiver, address(usd));
        vm.assertEq(total, 0, "receiver");
    }

    function test_AnotherBatchIsAnotherChannel() public {
        bytes memory packed = PackedRows.pack(row(config, PAYER_KEY, 500, 300), NONE);
        for (uint256 field = 0; field < 5; ++field) {
            IInferencePayment.PackedBatch memory batch = PackedRows.batchOf(config, NONE);
            if (field == 0) batch.receiver = stranger;
            if (field == 1) batch.token = stranger;
            if (field == 2) ++batch.withdrawDelay;
            if (field == 3) batch.salt = bytes32(uint256(9));
            if (field == 4) batch.authorizer = PAYER;
            vm.prank(authorizer);
            payment.claimPacked(batch, packed);
            vm.assertEq(claimedOf(channelId), 0, "claimed");
        }
    }

    function test_ItWorksWhereTheCodeWasCopiedTo() public {
        address elsewhere = 0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003;
        vm.etch(elsewhere, address(payment).code);
        payment = InferencePayment(elsewhere);
        fund(payer, 1000);
        deposit(config, 1000);
        _claimPacked(row(config, PAYER_KEY, 500, 300), NONE);
        vm.assertEq(claimedOf(payment.getChannelId(config)), 300, "claimed");
    }

    function test_ItWorksWithinAMulticall() public {
        bytes[] memory calls = new bytes[](3);
        for (uint128 i = 0; i < 2; ++i) {
            bytes memory packed = PackedRows.pack(row(config, PAYER_KEY, 500, 300 + i), NONE);
            calls[i] = abi.encodeCall(payment.claimPacked, (PackedRows.batchOf(config, NONE), packed));
        }
        calls[2] = abi.encodeCall(payment.settle, (receiver, address(usd)));
        vm.prank(authorizer);
        payment.multicall(calls);
        vm.assertEq(usd.balanceOf(receiver), 301, "paid");
    }

    /// Packed rows and struct rows leave the same state and name the same faults, whatever the rows.
    function testFuzz_BothFormsLeaveTheSame(uint256 seed) public {
        IInferencePayment.AuthorizerForm form = IInferencePayment.AuthorizerForm(seed % 3);
        IInferencePayment.VoucherClaim[] memory rows = new IInferencePayment.VoucherClaim[](8);
        for (uint256 i = 0; i < rows.length; ++i) {
            rows[i] = _anyRow(form, uint256(keccak256(abi.encode(seed, i))));
        }
        uint256 before = vm.snapshotState();
        vm.recordLogs();
        vm.prank(authorizer);
        payment.claim(rows);
        bytes32 ofStructs = _stateOf(rows);
        vm.assertTrue(vm.revertToState(before), "back");
        vm.recordLogs();
        _claimPacked(rows, form);
        vm.assertEq(_stateOf(rows), ofStructs, "state and faults");
    }

    /// A batch in which any subset of rows is bad leaves exactly what the good rows alone would.
    function testFuzz_ABadRowNeverChangesAnother(uint256 seed) public {
        uint256 sum = 0;
        IInferencePayment.VoucherClaim[] memory rows = new IInferencePayment.VoucherClaim[](8);
        uint128[] memory expected = new uint128[](rows.length);
        for (uint256 i = 0; i < rows.length; ++i) {
            uint256 dice = uint256(keccak256(abi.encode(seed, i)));
            uint256 key = 0x500 + i;
            IInferencePayment.ChannelConfig memory channel = channelOf(vm.addr(key), address(0), 0);
            fund(channel.payer, 1000);
            deposit(channel, 1000);
            uint128 total = uint128(dice % 1500);
            bool isForged = dice >> 64 & 3 == 0;
            rows[i] = row(channel, isForged ? STRANGER_KEY : key, 1200, total);
            expected[i] = isForged || total > 1000 ? 0 : total;
            sum += expected[i];
        }
        _claimPacked(rows, NONE);
        for (uint256 i = 0; i < rows.length; ++i) {
            vm.assertEq(claimedOf(payment.getChannelId(rows[i].voucher.channel)), expected[i], "row");
        }
        (uint128 earned,) = payment.receivers(receiver, address(usd));
        vm.assertEq(earned, sum, "receiver");
    }

    function _anyRow(IInferencePayment.AuthorizerForm form, uint256 dice)
        private
        returns (IInferencePayment.VoucherClaim memory)
    {
        uint256 key = 0x600 + dice % 4;
        address owner = vm.addr(key);
        uint256 signer = dice >> 8 & 7 == 0 ? STRANGER_KEY : key;
        IInferencePayment.ChannelConfig memory channel = channelOf(owner, address(0), 0);
        if (form == PAYER) channel.payerAuthorizer = owner;
        if (form == EXPLICIT && dice >> 16 & 1 == 0) {
            channel.payerAuthorizer = delegate;
            if (signer == key) signer = DELEGATE_KEY;
        }
        if (escrowOf(payment.getChannelId(channel)) == 0) {
            fund(owner, 1000);
            deposit(channel, 1000);
        }
        uint128 ceiling = uint128(dice >> 24) % 1400;
        return row(channel, signer, ceiling, dice >> 160 & 3 == 0 ? ceiling + 1 : uint128(dice >> 168) % 1400);
    }

    function _stateOf(IInferencePayment.VoucherClaim[] memory rows) private returns (bytes32 state) {
        for (uint256 i = 0; i < rows.length; ++i) {
            (uint128 balance, uint128 claimed) =
                payment.channels(payment.getChannelId(rows[i].voucher.channel));
            state = keccak256(abi.encode(state, balance, claimed));
        }
        (uint128 total, uint128 settled) = payment.receivers(receiver, address(usd));
        state = keccak256(abi.encode(state, total, settled));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IInferencePayment.ClaimSkipped.selector) continue;
            state = keccak256(abi.encode(state, logs[i].topics, logs[i].data));
        }
    }

    function _claimPacked(IInferencePayment.VoucherClaim memory only, IInferencePayment.AuthorizerForm form)
        private
    {
        _claimPacked(rowsOf(only), form);
    }

    function _claimPacked(IInferencePayment.VoucherClaim[] memory rows, IInferencePayment.AuthorizerForm form)
        private
    {
        vm.prank(authorizer);
        payment.claimPacked(PackedRows.batchOf(rows[0].voucher.channel, form), PackedRows.pack(rows, form));
    }
}
