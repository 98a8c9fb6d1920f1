// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TestUsd} from "../../src/local/TestUsd.sol";
import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {PaymentTest} from "../support/PaymentTest.sol";

contract DelegationTest is PaymentTest {
    IInferencePayment.ChannelConfig private delegated;
    bytes32 private delegatedId;

    function setUp() public override {
        super.setUp();
        delegated = channelOf(payer, delegate, 0);
        delegatedId = payment.getChannelId(delegated);
        vm.prank(payer);
        payment.depositBalance(address(usd), 1000);
    }

    function test_TheKeyFillsItsChannelsUpToTheCap() public {
        vm.expectEmit(address(payment));
        emit IInferencePayment.Delegated(payer, delegate, address(usd), 300);
        _delegate(300);
        vm.expectEmit(address(payment));
        emit IInferencePayment.BalanceAllocated(payer, address(usd), delegatedId, 200);
        _allocate(delegated, 200);
        vm.assertEq(payment.delegations(payer, delegate, address(usd)), 100, "left");
        vm.assertEq(payment.balances(payer, address(usd)), 800, "balance");
        vm.assertEq(escrowOf(delegatedId), 200, "escrow");

        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.AmountAboveDelegation.selector, 101, 100));
        _allocate(delegated, 101);
        _allocate(delegated, 100);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.AmountAboveDelegation.selector, 1, 0));
        _allocate(delegated, 1);
    }

    function test_WithoutADelegationTheKeyMovesNothing() public {
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.AmountAboveDelegation.selector, 1, 0));
        _allocate(delegated, 1);
    }

    function test_ANewCapReplacesTheOldAndZeroTakesItBack() public {
        _delegate(300);
        _allocate(delegated, 200);
        _delegate(50);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.AmountAboveDelegation.selector, 51, 50));
        _allocate(delegated, 51);
        _delegate(0);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.AmountAboveDelegation.selector, 1, 0));
        _allocate(delegated, 1);
    }

    function test_TheKeyReachesNothingElse() public {
        _delegate(type(uint128).max);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.NotPayerSide.selector, delegate));
        _allocate(config, 1);
        IInferencePayment.ChannelConfig memory foreign = channelOf(payer, stranger, 0);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.NotPayerSide.selector, delegate));
        _allocate(foreign, 1);
        IInferencePayment.ChannelConfig memory ofStranger = channelOf(stranger, delegate, 0);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.AmountAboveDelegation.selector, 1, 0));
        _allocate(ofStranger, 1);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.AmountAboveAvailable.selector, 1, 0));
        vm.prank(delegate);
        payment.withdrawBalance(address(usd), 1);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.AmountAboveAvailable.selector, 1001, 1000));
        _allocate(delegated, 1001);
    }

    function test_ACapIsForOneToken() public {
        TestUsd other = new TestUsd(address(this));
        other.mint(payer, 1000);
        vm.prank(payer);
        other.approve(address(payment), 1000);
        vm.prank(payer);
        payment.depositBalance(address(other), 1000);
        _delegate(300);
        delegated.token = address(other);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.AmountAboveDelegation.selector, 1, 0));
        _allocate(delegated, 1);
    }

    function test_ThePayersOwnAllocationsCostNoCap() public {
        _delegate(300);
        vm.prank(payer);
        payment.allocate(delegated, 200);
        vm.assertEq(payment.delegations(payer, delegate, address(usd)), 300, "cap");
    }

    function test_WhatTheKeyTakesBackGoesToThePayer() public {
        _delegate(300);
        _allocate(delegated, 300);
        vm.prank(delegate);
        payment.initiateWithdraw(delegated, 300);
        vm.warp(block.timestamp + DELAY);
        vm.prank(delegate);
        payment.finalizeWithdraw(delegated);
        vm.assertEq(usd.balanceOf(delegate), 0, "key");
        vm.assertEq(usd.balanceOf(payer), FUNDS - 700, "payer");
    }

    function testFuzz_TheKeyNeverPassesItsCap(uint128 cap, uint128[4] calldata amounts) public {
        cap = bound128(cap, 0, 2000);
        _delegate(cap);
        uint256 moved = 0;
        for (uint256 i = 0; i < amounts.length; ++i) {
            uint128 amount = bound128(amounts[i], 1, 600);
            vm.prank(delegate);
            try payment.allocate(delegated, amount) {
                moved += amount;
            } catch {
                vm.assertTrue(moved + amount > cap || moved + amount > 1000, "refused for a reason");
            }
        }
        vm.assertLe(moved, cap, "cap");
        vm.assertEq(escrowOf(delegatedId), moved, "escrow");
        vm.assertEq(payment.delegations(payer, delegate, address(usd)), cap - moved, "left");
    }

    function _delegate(uint128 cap) private {
        vm.prank(payer);
        payment.delegate(delegate, address(usd), cap);
    }

    function _allocate(IInferencePayment.ChannelConfig memory channel, uint128 amount) private {
        vm.prank(delegate);
        payment.allocate(channel, amount);
    }
}
