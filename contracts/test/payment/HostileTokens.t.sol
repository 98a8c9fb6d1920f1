// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {ISubnets} from "../../src/registry/ISubnets.sol";
import {
    BlacklistToken,
    FalseToken,
    FeeToken,
    LyingToken,
    ReentrantToken,
    WordlessToken
} from "../support/HostileTokens.sol";
import {PackedRows} from "../support/PackedRows.sol";
import {PaymentTest} from "../support/PaymentTest.sol";

contract HostileTokensTest is PaymentTest {
    function test_AFeeTakingTokenIsRefused() public {
        FeeToken token = new FeeToken();
        token.mint(payer, 1000);
        _use(token);
        bytes memory refusal =
            abi.encodeWithSelector(IInferencePayment.TransferNotExact.selector, address(token), 1000, 990);
        vm.expectRevert(refusal);
        deposit(config, 1000);
        vm.expectRevert(refusal);
        vm.prank(payer);
        payment.depositBalance(address(token), 1000);
    }

    function test_ALyingTokenIsRefused() public {
        LyingToken token = new LyingToken();
        _use(token);
        vm.expectRevert(
            abi.encodeWithSelector(IInferencePayment.TransferNotExact.selector, address(token), 1000, 0)
        );
        deposit(config, 1000);
    }

    function test_AFalseReturningTokenCannotDepositNorLoseWhatIsDue() public {
        FalseToken token = new FalseToken();
        token.mint(payer, 2000);
        _use(token);
        deposit(config, 1000);
        claim(row(config, PAYER_KEY, 600, 600));
        token.refuse();

        bytes memory refusal =
            abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token));
        vm.expectRevert(refusal);
        deposit(config, 1000);
        vm.expectRevert(refusal);
        payment.settle(receiver, address(token));
        (uint128 claimed, uint128 settled) = payment.receivers(receiver, address(token));
        vm.assertEq(claimed, 600, "still due");
        vm.assertEq(settled, 0, "not paid");
    }

    function test_ATokenThatReturnsNothingWorks() public {
        WordlessToken token = new WordlessToken();
        token.mint(payer, 1000);
        config.token = address(token);
        channelId = payment.getChannelId(config);
        deposit(config, 1000);
        claim(row(config, PAYER_KEY, 600, 600));
        payment.settle(receiver, address(token));
        vm.assertEq(token.balanceOf(receiver), 600, "receiver");
    }

    /// Who is on the list waits, loses nothing and harms nobody else.
    function test_ABlacklistedReceiverStaysDue() public {
        BlacklistToken token = new BlacklistToken();
        token.mint(payer, 2000);
        _use(token);
        deposit(config, 1000);
        claim(row(config, PAYER_KEY, 600, 600));
        token.list(receiver, true);
        vm.expectRevert(abi.encodeWithSelector(BlacklistToken.Listed.selector, receiver));
        payment.settle(receiver, address(token));
        vm.prank(authorizer);
        payment.refund(config, 100);
        vm.assertEq(token.balanceOf(payer), 1100, "the payer's refund");
        token.list(receiver, false);
        payment.settle(receiver, address(token));
        vm.assertEq(token.balanceOf(receiver), 600, "receiver");
    }

    /// A registry that the token does not like stops the settlement of those who owe it a fee, and loses
    /// them nothing.
    function test_AFeeThatCannotBePaidLeavesEverythingDue() public {
        BlacklistToken token = new BlacklistToken();
        token.mint(payer, 1000);
        _use(token);
        deposit(config, 1000);
        claim(row(config, PAYER_KEY, 600, 600));
        uint256 subnetId = _joinSubnet();
        token.list(address(registry), true);
        vm.expectRevert(abi.encodeWithSelector(BlacklistToken.Listed.selector, address(registry)));
        payment.settle(receiver, address(token));
        token.list(address(registry), false);
        payment.settle(receiver, address(token));
        vm.assertEq(token.balanceOf(receiver), 597, "receiver");
        vm.assertEq(registry.rewardPool(subnetId, address(token)), 3, "pool");
    }

    function test_ATokenFindsTheSettlementWrittenAndTheFeePaidFirst() public {
        ReentrantToken token = new ReentrantToken();
        token.mint(payer, 1000);
        _use(token);
        deposit(config, 1000);
        claim(row(config, PAYER_KEY, 600, 600));
        token.arm(address(payment), abi.encodeCall(payment.receivers, (receiver, address(token))));
        payment.settle(receiver, address(token));
        (uint128 claimed, uint128 settled) = abi.decode(token.answer(), (uint128, uint128));
        vm.assertEq(claimed, 600, "claimed");
        vm.assertEq(settled, 600, "settled");

        _joinSubnet();
        claim(row(config, PAYER_KEY, 1000, 1000));
        token.arm(address(token), abi.encodeCall(token.balanceOf, (receiver)));
        payment.settle(receiver, address(token));
        vm.assertEq(abi.decode(token.answer(), (uint256)), 600, "before the receiver was paid");
        vm.assertEq(token.balanceOf(receiver), 998, "paid");
    }

    function test_ATokenWithoutCodeIsRefused() public {
        config.token = address(0xDEAD);
        vm.expectRevert();
        deposit(config, 1000);
    }

    /// Every entry point, called by the token in the middle of a deposit and of a payment.
    function test_AReentrantTokenGetsInNowhere() public {
        ReentrantToken token = new ReentrantToken();
        token.mint(payer, 1_000_000);
        _use(token);
        deposit(config, 1000);
        bytes[] memory attacks = _attacks();
        for (uint256 i = 0; i < attacks.length; ++i) {
            token.arm(address(payment), attacks[i]);
            deposit(config, 1000);
            _assertRefused(token);

            token.arm(address(payment), attacks[i]);
            vm.prank(authorizer);
            payment.refund(config, 500);
            _assertRefused(token);
        }
        vm.assertEq(token.balanceOf(address(payment)), escrowOf(channelId), "held");
    }

    function _assertRefused(ReentrantToken token) private view {
        vm.assertFalse(token.attackSucceeded(), "attack");
        bytes4 reason = bytes4(token.answer());
        bytes4 expected = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
        vm.assertEq(bytes32(reason), bytes32(expected), "reason");
    }

    function _attacks() private view returns (bytes[] memory attacks) {
        IInferencePayment.VoucherClaim[] memory rows = rowsOf(row(config, PAYER_KEY, 500, 300));
        attacks = new bytes[](17);
        attacks[0] = abi.encodeCall(payment.deposit, (config, 1, address(0), ""));
        attacks[1] = abi.encodeCall(payment.depositBalance, (config.token, 1));
        attacks[2] = abi.encodeCall(payment.withdrawBalance, (config.token, 1));
        attacks[3] = abi.encodeCall(payment.allocate, (config, 1));
        attacks[4] = abi.encodeCall(payment.claim, (rows));
        attacks[5] = abi.encodeCall(payment.claimWithSignature, (rows, ""));
        attacks[6] = abi.encodeCall(payment.settle, (receiver, config.token));
        attacks[7] = abi.encodeCall(payment.initiateWithdraw, (config, 1));
        attacks[8] = abi.encodeCall(payment.finalizeWithdraw, (config));
        attacks[9] = abi.encodeCall(payment.refund, (config, 1));
        attacks[10] = abi.encodeCall(payment.refundWithSignature, (config, 1, 0, ""));
        IInferencePayment.PackedBatch memory batch =
            PackedRows.batchOf(config, IInferencePayment.AuthorizerForm.None);
        bytes memory packed = PackedRows.pack(rows, IInferencePayment.AuthorizerForm.None);
        attacks[12] = abi.encodeCall(payment.claimPacked, (batch, packed));
        attacks[13] = abi.encodeCall(payment.delegate, (stranger, config.token, 1));
        attacks[14] = abi.encodeCall(payment.permit, (config.token, 1, 0, 0, 0, 0));
        attacks[15] = abi.encodeCall(
            payment.depositBalanceWithAuthorization, (payer, config.token, 1, 0, 0, bytes32(0), "")
        );
        attacks[16] = abi.encodeCall(payment.deposit, (config, 1, address(this), ""));
        bytes[] memory inner = new bytes[](1);
        inner[0] = attacks[6];
        attacks[11] = abi.encodeCall(payment.multicall, (inner));
    }

    /// @dev The receiver owes this subnet the fee.
    function _joinSubnet() private returns (uint256 subnetId) {
        subnetId = registry.createSubnet(
            "vision", address(usd), ISubnets.SubnetParameters(1, 1, 1, 14 days, 1 hours, 100, 0)
        );
        usd.mint(receiver, 1);
        vm.prank(receiver);
        usd.approve(address(registry), 1);
        vm.prank(receiver);
        registry.stake(subnetId, ISubnets.Role.Gateway, 1);
    }

    function _use(ERC20 token) private {
        vm.prank(payer);
        token.approve(address(payment), type(uint256).max);
        config.token = address(token);
        channelId = payment.getChannelId(config);
    }
}
