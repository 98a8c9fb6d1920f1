// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {PaymentTest} from "../support/PaymentTest.sol";

contract DepositTest is PaymentTest {
    function test_FirstDepositCreatesTheChannel() public {
        vm.expectEmit(address(payment));
        emit IInferencePayment.ChannelCreated(channelId, config);
        vm.expectEmit(address(payment));
        emit IInferencePayment.Deposited(channelId, payer, 100, 100);
        deposit(config, 100);

        deposit(config, 50);
        vm.assertEq(escrowOf(channelId), 150, "escrow");
        vm.assertEq(usd.balanceOf(address(payment)), 150, "held");
    }

    function test_AnyoneMayFundAChannel() public {
        fund(stranger, 10);
        vm.prank(stranger);
        payment.deposit(config, 10, address(0), "");
        vm.assertEq(escrowOf(channelId), 10, "escrow");
    }

    function test_ZeroIsRefused() public {
        vm.expectRevert(IInferencePayment.ZeroAmount.selector);
        payment.deposit(config, 0, address(0), "");
    }

    function test_AnIncompleteChannelIsRefused() public {
        for (uint256 field = 0; field < 4; ++field) {
            IInferencePayment.ChannelConfig memory broken = config;
            if (field == 0) broken.payer = address(0);
            if (field == 1) broken.receiver = address(0);
            if (field == 2) broken.receiverAuthorizer = address(0);
            if (field == 3) broken.token = address(0);
            vm.expectRevert(IInferencePayment.InvalidChannel.selector);
            payment.deposit(broken, 1, address(0), "");
        }
    }

    function testFuzz_OnlyDelaysInRangeAreTaken(uint40 delay) public {
        IInferencePayment.ChannelConfig memory channel = config;
        channel.withdrawDelay = delay;
        if (delay < 15 minutes || delay > 30 days) {
            vm.expectRevert(abi.encodeWithSelector(IInferencePayment.WithdrawDelayOutOfRange.selector, delay));
        }
        vm.prank(payer);
        payment.deposit(channel, 1, address(0), "");
    }

    function test_TheBoundsOfTheDelayAreTaken() public {
        IInferencePayment.ChannelConfig memory channel = config;
        channel.withdrawDelay = payment.MIN_WITHDRAW_DELAY();
        deposit(channel, 1);
        channel.withdrawDelay = payment.MAX_WITHDRAW_DELAY();
        deposit(channel, 1);
    }

    function test_EscrowCannotOverflow() public {
        fund(stranger, type(uint128).max);
        vm.prank(stranger);
        payment.deposit(config, type(uint128).max, address(0), "");
        vm.expectRevert(IInferencePayment.AmountOverflow.selector);
        payment.deposit(config, 1, address(0), "");
    }

    function test_BalanceGoesInAndOutAtOnce() public {
        vm.expectEmit(address(payment));
        emit IInferencePayment.BalanceDeposited(payer, address(usd), 70, 70);
        vm.prank(payer);
        payment.depositBalance(address(usd), 70);

        vm.expectEmit(address(payment));
        emit IInferencePayment.BalanceWithdrawn(payer, address(usd), 30, 40);
        vm.prank(payer);
        payment.withdrawBalance(address(usd), 30);
        vm.assertEq(payment.balances(payer, address(usd)), 40, "balance");
        vm.assertEq(usd.balanceOf(payer), FUNDS - 40, "payer");
    }

    function testFuzz_BalanceAllocatesNoMoreThanItHas(uint128 balance, uint128 amount) public {
        balance = bound128(balance, 1, FUNDS);
        amount = bound128(amount, 1, FUNDS);
        vm.prank(payer);
        payment.depositBalance(address(usd), balance);

        if (amount > balance) {
            vm.expectRevert(
                abi.encodeWithSelector(IInferencePayment.AmountAboveAvailable.selector, amount, balance)
            );
        }
        vm.prank(payer);
        payment.allocate(config, amount);

        uint128 allocated = amount > balance ? 0 : amount;
        vm.assertEq(escrowOf(channelId), allocated, "escrow");
        vm.assertEq(payment.balances(payer, address(usd)), balance - allocated, "balance");
        vm.assertEq(usd.balanceOf(address(payment)), balance, "held");
    }

    function test_AllocatedTokensCannotBeWithdrawnAtOnce() public {
        vm.prank(payer);
        payment.depositBalance(address(usd), 100);
        vm.prank(payer);
        payment.allocate(config, 60);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.AmountAboveAvailable.selector, 41, 40));
        vm.prank(payer);
        payment.withdrawBalance(address(usd), 41);
    }

    function test_OnlyThePayerAllocates() public {
        fund(stranger, 100);
        vm.prank(stranger);
        payment.depositBalance(address(usd), 100);
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.NotPayerSide.selector, stranger));
        vm.prank(stranger);
        payment.allocate(config, 1);
    }

    function test_ZeroBalanceMovesAreRefused() public {
        vm.expectRevert(IInferencePayment.ZeroAmount.selector);
        payment.depositBalance(address(usd), 0);
        vm.expectRevert(IInferencePayment.ZeroAmount.selector);
        payment.withdrawBalance(address(usd), 0);
        vm.expectRevert(IInferencePayment.ZeroAmount.selector);
        vm.prank(payer);
        payment.allocate(config, 0);
    }

    function test_MulticallDoesSeveralThingsOrNone() public {
        bytes[] memory calls = new bytes[](2);
        calls[0] = abi.encodeCall(payment.depositBalance, (address(usd), 100));
        calls[1] = abi.encodeCall(payment.allocate, (config, 100));
        vm.prank(payer);
        payment.multicall(calls);
        vm.assertEq(escrowOf(channelId), 100, "escrow");

        calls[1] = abi.encodeCall(payment.allocate, (config, 101));
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.AmountAboveAvailable.selector, 101, 100));
        vm.prank(payer);
        payment.multicall(calls);
        vm.assertEq(payment.balances(payer, address(usd)), 0, "balance");
    }
}
