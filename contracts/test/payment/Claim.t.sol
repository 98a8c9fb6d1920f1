// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {PaymentTest} from "../support/PaymentTest.sol";
import {SignatureOracle} from "../support/SignatureOracle.sol";

contract ClaimTest is PaymentTest {
    uint256 private constant GROUP_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function setUp() public override {
        super.setUp();
        deposit(config, 1000);
    }

    function test_AClaimRaisesTheTotalsAndSettlePaysThem() public {
        vm.expectEmit(address(payment));
        emit IInferencePayment.Claimed(channelId, authorizer, 300, 300);
        claim(row(config, PAYER_KEY, 500, 300));
        claim(row(config, PAYER_KEY, 500, 450));
        vm.assertEq(claimedOf(channelId), 450, "claimed");
        vm.assertEq(escrowOf(channelId), 1000, "escrow includes what is claimed");

        vm.expectEmit(address(payment));
        emit IInferencePayment.Settled(receiver, address(usd), stranger, 450);
        vm.prank(stranger);
        payment.settle(receiver, address(usd));
        vm.assertEq(usd.balanceOf(receiver), 450, "receiver");
        payment.settle(receiver, address(usd));
        vm.assertEq(usd.balanceOf(receiver), 450, "receiver, once");
        (uint128 claimed, uint128 settled) = payment.receivers(receiver, address(usd));
        vm.assertEq(claimed, settled, "settled");
    }

    function test_TheReceiverMayClaimToo() public {
        claimAs(receiver, row(config, PAYER_KEY, 500, 300));
        vm.assertEq(claimedOf(channelId), 300, "claimed");
    }

    function test_AStrangerMayNotClaim() public {
        IInferencePayment.VoucherClaim memory good = row(config, PAYER_KEY, 500, 300);
        expectSkip(channelId, stranger, 0, IInferencePayment.ClaimFault.NotReceiverSide);
        claimAs(stranger, good);
        vm.assertEq(claimedOf(channelId), 0, "claimed");
    }

    function test_AReplayChangesNothing() public {
        claim(row(config, PAYER_KEY, 500, 300));
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.NotRaised);
        claim(row(config, PAYER_KEY, 500, 300));
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.NotRaised);
        claim(row(config, PAYER_KEY, 500, 299));
        vm.assertEq(claimedOf(channelId), 300, "claimed");
    }

    function test_MoreThanTheVoucherIsSkipped() public {
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.AboveVoucher);
        claim(row(config, PAYER_KEY, 500, 501));
        vm.assertEq(claimedOf(channelId), 0, "claimed");
    }

    function test_MoreThanTheEscrowIsSkipped() public {
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.AboveBalance);
        claim(row(config, PAYER_KEY, 2000, 1001));
        vm.assertEq(claimedOf(channelId), 0, "claimed");
        claim(row(config, PAYER_KEY, 2000, 1000));
        vm.assertEq(claimedOf(channelId), 1000, "claimed to the last unit");
    }

    function testFuzz_OnlyThePayersKeySigns(uint256 key) public {
        key = bound(key, 1, GROUP_ORDER - 1);
        vm.assume(key != PAYER_KEY);
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.BadSignature);
        claim(row(config, key, 500, 300));
        vm.assertEq(claimedOf(channelId), 0, "claimed");
    }

    function test_TheDelegatedKeyTakesThePayersPlace() public {
        IInferencePayment.ChannelConfig memory delegated = channelOf(payer, delegate, 1);
        deposit(delegated, 1000);
        bytes32 id = payment.getChannelId(delegated);
        expectSkip(id, authorizer, 0, IInferencePayment.ClaimFault.BadSignature);
        claim(row(delegated, PAYER_KEY, 500, 300));
        claim(row(delegated, DELEGATE_KEY, 500, 300));
        vm.assertEq(claimedOf(id), 300, "claimed");
    }

    function test_AVoucherOfAnotherChannelIsSkipped() public {
        IInferencePayment.VoucherClaim memory foreign =
            row(channelOf(payer, address(0), 2), PAYER_KEY, 500, 300);
        foreign.voucher.channel = config;
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.BadSignature);
        claim(foreign);
    }

    function test_ARaisedCeilingIsSkipped() public {
        IInferencePayment.VoucherClaim memory raised = row(config, PAYER_KEY, 500, 300);
        raised.voucher.maxClaimableAmount = 600;
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.BadSignature);
        claim(raised);
    }

    function test_MalformedSignaturesAreSkipped() public {
        IInferencePayment.VoucherClaim memory good = row(config, PAYER_KEY, 500, 300);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(PAYER_KEY, payment.getVoucherDigest(channelId, 500));
        bytes32 highS = bytes32(GROUP_ORDER - uint256(s));
        uint8 otherV = v == 27 ? 28 : 27;
        bytes[7] memory malformed = [
            bytes(""),
            new bytes(65),
            abi.encodePacked(r, s),
            abi.encodePacked(r, s, v, uint8(0)),
            abi.encodePacked(r, s, v - 27),
            abi.encodePacked(r, highS, otherV),
            abi.encodePacked(r, s, otherV)
        ];
        for (uint256 i = 0; i < malformed.length; ++i) {
            good.signature = malformed[i];
            expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.BadSignature);
            claim(good);
        }
        vm.assertEq(claimedOf(channelId), 0, "claimed");
    }

    function test_NobodySignsForAPayerWithoutEscrow() public {
        IInferencePayment.ChannelConfig memory nobody = channelOf(address(0), address(0), 0);
        IInferencePayment.VoucherClaim memory unsigned = row(nobody, PAYER_KEY, 500, 300);
        unsigned.signature = new bytes(65);
        expectSkip(payment.getChannelId(nobody), authorizer, 0, IInferencePayment.ClaimFault.AboveBalance);
        claim(unsigned);
    }

    function test_AFullReceiverTotalSkipsTheRowOnly() public {
        IInferencePayment.ChannelConfig memory whale = channelOf(stranger, address(0), 3);
        fund(stranger, type(uint128).max);
        deposit(whale, type(uint128).max);
        claim(row(whale, STRANGER_KEY, type(uint128).max, type(uint128).max - 100));
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.ReceiverTotalOverflow);
        claim(row(config, PAYER_KEY, 500, 101));
        claim(row(config, PAYER_KEY, 500, 100));
        vm.assertEq(claimedOf(channelId), 100, "claimed");
    }

    function test_AnEmptyBatchIsRefused() public {
        IInferencePayment.VoucherClaim[] memory none = new IInferencePayment.VoucherClaim[](0);
        vm.expectRevert(IInferencePayment.EmptyBatch.selector);
        payment.claim(none);
        vm.expectRevert(IInferencePayment.EmptyBatch.selector);
        payment.claimWithSignature(none, "");
    }

    function test_ASignedBatchMayBeSentByAnyone() public {
        IInferencePayment.VoucherClaim[] memory rows = rowsOf(row(config, PAYER_KEY, 500, 300));
        bytes memory signed = signature(AUTHORIZER_KEY, payment.getClaimBatchDigest(rows));
        vm.expectEmit(address(payment));
        emit IInferencePayment.Claimed(channelId, stranger, 300, 300);
        vm.prank(stranger);
        payment.claimWithSignature(rows, signed);
        vm.assertEq(claimedOf(channelId), 300, "claimed");
    }

    function test_AChangedSignedBatchIsRefused() public {
        IInferencePayment.VoucherClaim[] memory rows = rowsOf(row(config, PAYER_KEY, 500, 300));
        bytes memory signed = signature(AUTHORIZER_KEY, payment.getClaimBatchDigest(rows));
        rows[0].totalClaimed = 301;
        vm.expectRevert(IInferencePayment.InvalidSignature.selector);
        payment.claimWithSignature(rows, signed);
    }

    function test_ASignedBatchSkipsRowsOfAnotherAuthorizer() public {
        IInferencePayment.ChannelConfig memory other = channelOf(payer, address(0), 4);
        other.receiverAuthorizer = stranger;
        deposit(other, 1000);
        bytes32 otherId = payment.getChannelId(other);
        IInferencePayment.VoucherClaim[] memory rows = new IInferencePayment.VoucherClaim[](2);
        rows[0] = row(config, PAYER_KEY, 500, 300);
        rows[1] = row(other, PAYER_KEY, 500, 300);
        bytes memory signed = signature(AUTHORIZER_KEY, payment.getClaimBatchDigest(rows));
        expectSkip(otherId, stranger, 1, IInferencePayment.ClaimFault.NotReceiverSide);
        vm.prank(stranger);
        payment.claimWithSignature(rows, signed);
        vm.assertEq(claimedOf(channelId), 300, "claimed");
        vm.assertEq(claimedOf(otherId), 0, "claimed of the other");
    }

    function test_AContractMayBeTheReceiverAuthorizer() public {
        SignatureOracle oracle = new SignatureOracle();
        IInferencePayment.ChannelConfig memory smart = config;
        smart.receiverAuthorizer = address(oracle);
        deposit(smart, 1000);
        IInferencePayment.VoucherClaim[] memory rows = rowsOf(row(smart, PAYER_KEY, 500, 300));
        vm.expectRevert(IInferencePayment.InvalidSignature.selector);
        payment.claimWithSignature(rows, "");
        oracle.approve(payment.getClaimBatchDigest(rows));
        payment.claimWithSignature(rows, "");
        vm.assertEq(claimedOf(payment.getChannelId(smart)), 300, "claimed");
    }

    /// A batch in which any subset of rows is bad leaves exactly what the good rows alone would.
    function testFuzz_ABadRowNeverChangesAnother(uint256 seed) public {
        uint256 count = 6;
        IInferencePayment.VoucherClaim[] memory rows = new IInferencePayment.VoucherClaim[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 kind = uint256(keccak256(abi.encode(seed, i))) % 7;
            rows[i] = _rowOfKind(kind, i + 10);
        }
        vm.prank(authorizer);
        payment.claim(rows);

        uint256 sum = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 kind = uint256(keccak256(abi.encode(seed, i))) % 7;
            uint128 expected = kind < 2 ? 300 : 0;
            vm.assertEq(claimedOf(payment.getChannelId(rows[i].voucher.channel)), expected, "row");
            sum += expected;
        }
        (uint128 total,) = payment.receivers(receiver, address(usd));
        vm.assertEq(total, sum, "receiver");
    }

    function _rowOfKind(uint256 kind, uint256 salt)
        private
        returns (IInferencePayment.VoucherClaim memory made)
    {
        IInferencePayment.ChannelConfig memory channel = channelOf(payer, address(0), salt);
        if (kind == 2) channel.receiverAuthorizer = stranger;
        if (kind == 3) channel.withdrawDelay = 1;
        else deposit(channel, kind == 4 ? 299 : 1000);
        made = row(channel, kind == 5 ? STRANGER_KEY : PAYER_KEY, kind == 6 ? 299 : 500, 300);
    }

    function testFuzz_NobodyTakesMoreThanVoucherOrEscrow(uint128 escrow, uint128 ceiling, uint128 total)
        public
    {
        IInferencePayment.ChannelConfig memory channel = channelOf(payer, address(0), 5);
        escrow = bound128(escrow, 1, FUNDS - 1000);
        ceiling = bound128(ceiling, 0, 2 * uint256(escrow));
        total = bound128(total, 0, 2 * uint256(escrow));
        deposit(channel, escrow);
        claim(row(channel, PAYER_KEY, ceiling, total));
        bool allowed = total <= ceiling && total <= escrow;
        vm.assertEq(claimedOf(payment.getChannelId(channel)), allowed ? total : 0, "claimed");
        payment.settle(receiver, address(usd));
        vm.assertEq(usd.balanceOf(receiver), allowed ? total : 0, "receiver");
    }
}
