// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {PaymentTest} from "../support/PaymentTest.sol";

contract WithdrawTest is PaymentTest {
    function setUp() public override {
        super.setUp();
        deposit(config, 1000);
    }

    function test_TheWithdrawalPaysThePayerAfterTheDelay() public {
        vm.expectEmit(address(payment));
        emit IInferencePayment.WithdrawInitiated(channelId, 400, uint40(START + DELAY));
        _initiate(400);
        vm.warp(START + DELAY);
        vm.expectEmit(address(payment));
        emit IInferencePayment.WithdrawFinalized(channelId, payer, 400);
        _finalize();
        vm.assertEq(usd.balanceOf(payer), FUNDS - 600, "payer");
        vm.assertEq(escrowOf(channelId), 600, "escrow");
        (uint128 amount, uint40 initiatedAt) = payment.pendingWithdrawals(channelId);
        vm.assertEq(amount + initiatedAt, 0, "pending");
    }

    function testFuzz_NothingLeavesBeforeTheDelay(uint256 elapsed) public {
        _initiate(400);
        vm.warp(START + bound(elapsed, 0, DELAY - 1));
        vm.expectRevert(
            abi.encodeWithSelector(IInferencePayment.WithdrawDelayNotElapsed.selector, START + DELAY)
        );
        _finalize();
    }

    function test_NotOneSecondBeforeTheDelay() public {
        _initiate(400);
        vm.warp(START + DELAY - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IInferencePayment.WithdrawDelayNotElapsed.selector, START + DELAY)
        );
        _finalize();
    }

    /// What was signed away and is claimed before the end is the receiver's, whatever the payer asked for.
    function testFuzz_AClaimBeforeTheEndBeatsTheWithdrawal(uint128 asked, uint128 signed, uint256 elapsed)
        public
    {
        asked = bound128(asked, 1, 1000);
        signed = bound128(signed, 1, 1000);
        _initiate(asked);
        vm.warp(START + bound(elapsed, 0, 2 * uint256(DELAY)));
        claim(row(config, PAYER_KEY, signed, signed));
        vm.warp(START + 2 * uint256(DELAY));
        _finalize();
        payment.settle(receiver, address(usd));

        uint128 rest = 1000 - signed;
        uint128 withdrawn = asked < rest ? asked : rest;
        vm.assertEq(usd.balanceOf(receiver), signed, "receiver");
        vm.assertEq(usd.balanceOf(payer), FUNDS - 1000 + withdrawn, "payer");
        vm.assertEq(usd.balanceOf(address(payment)), rest - withdrawn, "held");
    }

    function test_AWithdrawalOfNothingLeftStillEnds() public {
        _initiate(1000);
        claim(row(config, PAYER_KEY, 1000, 1000));
        vm.warp(START + DELAY);
        _finalize();
        vm.assertEq(usd.balanceOf(payer), FUNDS - 1000, "payer");
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.NoWithdrawalPending.selector, channelId));
        _finalize();
    }

    function test_AVoucherIsWorthNothingMoreAfterTheEnd() public {
        _initiate(1000);
        vm.warp(START + DELAY);
        _finalize();
        expectSkip(channelId, authorizer, 0, IInferencePayment.ClaimFault.AboveBalance);
        claim(row(config, PAYER_KEY, 1000, 1000));
    }

    function test_OneWithdrawalAtATime() public {
        _initiate(400);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.WithdrawalPending.selector, channelId));
        _initiate(1);
    }

    function test_NoMoreThanTheUnclaimedPartIsTaken() public {
        claim(row(config, PAYER_KEY, 600, 600));
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.AmountAboveAvailable.selector, 401, 400));
        _initiate(401);
        vm.expectRevert(IInferencePayment.ZeroAmount.selector);
        _initiate(0);
    }

    function test_OnlyThePayerSideWithdraws() public {
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.NotPayerSide.selector, stranger));
        vm.prank(stranger);
        payment.initiateWithdraw(config, 1);
        _initiate(1);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.NotPayerSide.selector, stranger));
        vm.prank(stranger);
        payment.finalizeWithdraw(config);
    }

    function test_TheDelegateMayWithdrawToThePayerOnly() public {
        IInferencePayment.ChannelConfig memory delegated = channelOf(payer, delegate, 1);
        deposit(delegated, 1000);
        vm.prank(delegate);
        payment.initiateWithdraw(delegated, 1000);
        vm.warp(START + DELAY);
        vm.prank(delegate);
        payment.finalizeWithdraw(delegated);
        vm.assertEq(usd.balanceOf(payer), FUNDS - 1000, "payer");
        vm.assertEq(usd.balanceOf(delegate), 0, "delegate");
    }

    function test_ARefundGoesBackAtOnceAndLowersTheWithdrawal() public {
        _initiate(400);
        vm.expectEmit(address(payment));
        emit IInferencePayment.Refunded(channelId, authorizer, 150);
        vm.prank(authorizer);
        payment.refund(config, 150);
        (uint128 amount, uint40 initiatedAt) = payment.pendingWithdrawals(channelId);
        vm.assertEq(amount, 250, "pending");
        vm.assertEq(initiatedAt, START, "started");
        vm.prank(receiver);
        payment.refund(config, 250);
        (amount, initiatedAt) = payment.pendingWithdrawals(channelId);
        vm.assertEq(amount + initiatedAt, 0, "ended");
        vm.assertEq(usd.balanceOf(payer), FUNDS - 600, "payer");
        vm.assertEq(payment.refundNonce(channelId), 2, "nonce");
    }

    function test_ARefundIsCappedAtTheUnclaimedPart() public {
        claim(row(config, PAYER_KEY, 700, 700));
        vm.prank(authorizer);
        payment.refund(config, 1000);
        vm.assertEq(usd.balanceOf(payer), FUNDS - 700, "payer");
        vm.prank(authorizer);
        payment.refund(config, 1);
        vm.assertEq(usd.balanceOf(payer), FUNDS - 700, "payer, nothing left");
        vm.assertEq(usd.balanceOf(address(payment)), 700, "held for the receiver");
    }

    function test_OnlyTheReceiverSideRefunds() public {
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.NotReceiverSide.selector, payer));
        vm.prank(payer);
        payment.refund(config, 1);
        vm.expectRevert(IInferencePayment.ZeroAmount.selector);
        vm.prank(authorizer);
        payment.refund(config, 0);
    }

    function test_ASignedRefundWorksOnce() public {
        bytes memory signed = signature(AUTHORIZER_KEY, payment.getRefundDigest(channelId, 0, 200));
        vm.prank(stranger);
        payment.refundWithSignature(config, 200, 0, signed);
        vm.assertEq(usd.balanceOf(payer), FUNDS - 800, "payer");
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.InvalidRefundNonce.selector, 1));
        payment.refundWithSignature(config, 200, 0, signed);
        vm.expectRevert(IInferencePayment.InvalidSignature.selector);
        payment.refundWithSignature(config, 200, 1, signed);
    }

    /// With nothing left to refund it is used up all the same, and takes nothing of a later deposit.
    function test_ASignedRefundOfNothingWorksOnceToo() public {
        bytes memory signed = signature(AUTHORIZER_KEY, payment.getRefundDigest(channelId, 0, 200));
        claim(row(config, PAYER_KEY, 1000, 1000));
        payment.refundWithSignature(config, 200, 0, signed);
        vm.assertEq(payment.refundNonce(channelId), 1, "nonce");
        deposit(config, 500);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.InvalidRefundNonce.selector, 1));
        payment.refundWithSignature(config, 200, 0, signed);
        vm.assertEq(escrowOf(channelId), 1500, "escrow");
    }

    function test_ASignedRefundOfAnotherAmountOrSignerIsRefused() public {
        bytes memory signed = signature(AUTHORIZER_KEY, payment.getRefundDigest(channelId, 0, 200));
        vm.expectRevert(IInferencePayment.InvalidSignature.selector);
        payment.refundWithSignature(config, 201, 0, signed);
        signed = signature(PAYER_KEY, payment.getRefundDigest(channelId, 0, 200));
        vm.expectRevert(IInferencePayment.InvalidSignature.selector);
        payment.refundWithSignature(config, 200, 0, signed);
    }

    function _initiate(uint128 amount) private {
        vm.prank(payer);
        payment.initiateWithdraw(config, amount);
    }

    function _finalize() private {
        vm.prank(payer);
        payment.finalizeWithdraw(config);
    }
}
