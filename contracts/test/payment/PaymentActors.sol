// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TestUsd} from "../../src/local/TestUsd.sol";
import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {InferencePayment} from "../../src/payment/InferencePayment.sol";
import {Test} from "../support/Test.sol";

/// @notice Payers, receivers, an attacker and time, doing what they can to the contract in any order.
/// It notes what was signed and what came in, so that the invariants have something to compare with.
contract PaymentActors is Test {
    uint256 public constant CHANNELS = 6;
    uint256 private constant PAYERS = 3;
    uint256 private constant ATTACKER_KEY = 0xE1;
    uint40 private constant DELAY = 1 hours;
    uint128 private constant FUNDS = 1_000_000e6;

    InferencePayment public immutable payment;
    TestUsd public immutable usd;
    address public immutable attacker = vm.addr(ATTACKER_KEY);

    uint256 public minted;
    uint256 public donated;
    mapping(bytes32 channelId => uint128) public signedCeiling;
    mapping(bytes32 channelId => uint256) public everAllocated;

    constructor(InferencePayment payment_) {
        payment = payment_;
        usd = new TestUsd(address(this));
        for (uint256 i = 0; i < PAYERS; ++i) {
            _fund(payerAt(i));
        }
        _fund(attacker);
    }

    function depositBalance(uint256 who, uint128 amount) external {
        address payer = payerAt(who);
        uint256 owned = usd.balanceOf(payer);
        if (owned == 0) return;
        amount = bound128(amount, 1, owned);
        vm.prank(payer);
        payment.depositBalance(address(usd), amount);
    }

    function withdrawBalance(uint256 who, uint128 amount) external {
        address payer = payerAt(who);
        uint128 balance = payment.balances(payer, address(usd));
        if (balance == 0) return;
        uint256 before = usd.balanceOf(payer);
        amount = bound128(amount, 1, balance);
        vm.prank(payer);
        payment.withdrawBalance(address(usd), amount);
        vm.assertEq(usd.balanceOf(payer), before + amount, "withdrawn at once");
    }

    function allocate(uint256 which, uint128 amount) external {
        IInferencePayment.ChannelConfig memory config = channelAt(which);
        uint128 balance = payment.balances(config.payer, address(usd));
        if (balance == 0) return;
        amount = bound128(amount, 1, balance);
        everAllocated[payment.getChannelId(config)] += amount;
        vm.prank(config.payer);
        payment.allocate(config, amount);
    }

    function deposit(uint256 which, uint128 amount) external {
        IInferencePayment.ChannelConfig memory config = channelAt(which);
        uint256 owned = usd.balanceOf(config.payer);
        if (owned == 0) return;
        amount = bound128(amount, 1, owned / 4 + 1);
        everAllocated[payment.getChannelId(config)] += amount;
        vm.prank(config.payer);
        payment.deposit(config, amount, address(0), "");
    }

    /// The payer signs; the receiver side claims as much as it can of it, in a batch with a bad row.
    function claim(uint256 which, uint128 ceiling, uint256 badKind) external {
        IInferencePayment.ChannelConfig memory config = channelAt(which);
        bytes32 id = payment.getChannelId(config);
        (uint128 balance, uint128 claimed) = payment.channels(id);
        ceiling = bound128(ceiling, 0, 2 * uint256(balance) + 2);
        if (ceiling > signedCeiling[id]) signedCeiling[id] = ceiling;
        uint128 due = ceiling < balance ? ceiling : balance;

        IInferencePayment.VoucherClaim[] memory rows = new IInferencePayment.VoucherClaim[](2);
        rows[0] = _badRow(which % CHANNELS + 1, badKind);
        rows[1] = _row(config, _keyAt(which), ceiling, due);
        bytes32 otherId = payment.getChannelId(rows[0].voucher.channel);
        (, uint128 otherClaimed) = payment.channels(otherId);
        vm.prank(config.receiverAuthorizer);
        payment.claim(rows);

        (, uint128 nowClaimed) = payment.channels(id);
        vm.assertEq(nowClaimed, due > claimed ? due : claimed, "what was signed is claimed");
        (, uint128 otherNow) = payment.channels(otherId);
        vm.assertEq(otherNow, otherClaimed, "the bad row took nothing");
    }

    /// The attacker signs for others, and sends what others signed.
    function attack(uint256 which, uint128 amount) external {
        IInferencePayment.ChannelConfig memory config = channelAt(which);
        bytes32 id = payment.getChannelId(config);
        (uint128 balance, uint128 claimed) = payment.channels(id);
        amount = bound128(amount, 0, balance);
        IInferencePayment.VoucherClaim[] memory rows = new IInferencePayment.VoucherClaim[](2);
        rows[0] = _row(config, ATTACKER_KEY, amount, amount);
        rows[1] = _row(config, _keyAt(which), signedCeiling[id], signedCeiling[id]);
        vm.prank(attacker);
        payment.claim(rows);
        (uint128 balanceNow, uint128 claimedNow) = payment.channels(id);
        vm.assertEq(balanceNow, balance, "escrow after the attack");
        vm.assertEq(claimedNow, claimed, "claimed after the attack");
        payment.settle(attacker, address(usd));
    }

    function settle(uint256 who) external {
        payment.settle(receiverAt(who), address(usd));
    }

    function initiateWithdraw(uint256 which, uint128 amount) external {
        IInferencePayment.ChannelConfig memory config = channelAt(which);
        bytes32 id = payment.getChannelId(config);
        (uint128 balance, uint128 claimed) = payment.channels(id);
        (, uint40 initiatedAt) = payment.pendingWithdrawals(id);
        if (balance == claimed || initiatedAt != 0) return;
        vm.prank(config.payer);
        payment.initiateWithdraw(config, bound128(amount, 1, balance - claimed));
    }

    function finalizeWithdraw(uint256 which) external {
        IInferencePayment.ChannelConfig memory config = channelAt(which);
        (uint128 amount, uint40 initiatedAt) = payment.pendingWithdrawals(payment.getChannelId(config));
        if (initiatedAt == 0) return;
        uint256 before = usd.balanceOf(config.payer);
        vm.prank(config.payer);
        try payment.finalizeWithdraw(config) {
            vm.assertGe(block.timestamp, initiatedAt + DELAY, "no earlier than the delay");
            vm.assertLe(usd.balanceOf(config.payer) - before, amount, "no more than asked for");
        } catch {
            vm.assertLe(block.timestamp + 1, initiatedAt + DELAY, "refused before the delay only");
        }
    }

    function refund(uint256 which, uint128 amount) external {
        IInferencePayment.ChannelConfig memory config = channelAt(which);
        (uint128 balance, uint128 claimed) = payment.channels(payment.getChannelId(config));
        amount = bound128(amount, 1, uint256(balance - claimed) / 8 + 1);
        vm.prank(config.receiverAuthorizer);
        payment.refund(config, amount);
    }

    function donate(uint64 amount) external {
        minted += amount;
        donated += amount;
        usd.mint(address(payment), amount);
    }

    function passTime(uint256 elapsed) external {
        vm.warp(block.timestamp + bound(elapsed, 1, DELAY));
    }

    function channelAt(uint256 which) public view returns (IInferencePayment.ChannelConfig memory) {
        which %= CHANNELS;
        return IInferencePayment.ChannelConfig({
            payer: payerAt(which),
            payerAuthorizer: address(0),
            receiver: receiverAt(which / PAYERS),
            receiverAuthorizer: address(0xA07),
            token: address(usd),
            withdrawDelay: DELAY,
            salt: bytes32(which)
        });
    }

    function payerAt(uint256 who) public pure returns (address) {
        return vm.addr(_keyAt(who));
    }

    function receiverAt(uint256 who) public pure returns (address) {
        return address(uint160(0xBEE0 + who % 2));
    }

    function _keyAt(uint256 who) private pure returns (uint256) {
        return 0xD1 + who % PAYERS;
    }

    function _fund(address account) private {
        minted += FUNDS;
        usd.mint(account, FUNDS);
        vm.prank(account);
        usd.approve(address(payment), type(uint256).max);
    }

    function _badRow(uint256 which, uint256 kind)
        private
        view
        returns (IInferencePayment.VoucherClaim memory)
    {
        IInferencePayment.ChannelConfig memory config = channelAt(which);
        (uint128 balance, uint128 claimed) = payment.channels(payment.getChannelId(config));
        if (kind % 4 == 0) return _row(config, ATTACKER_KEY, balance, balance);
        if (kind % 4 == 1) return _row(config, _keyAt(which), balance, balance + 1);
        if (kind % 4 == 2) return _row(config, _keyAt(which), balance + 1, balance + 1);
        return _row(config, _keyAt(which), claimed, claimed);
    }

    function _row(IInferencePayment.ChannelConfig memory config, uint256 key, uint128 ceiling, uint128 total)
        private
        view
        returns (IInferencePayment.VoucherClaim memory)
    {
        bytes32 digest = payment.getVoucherDigest(payment.getChannelId(config), ceiling);
        IInferencePayment.Voucher memory voucher = IInferencePayment.Voucher(config, ceiling);
        return IInferencePayment.VoucherClaim(voucher, signature(key, digest), total);
    }
}
