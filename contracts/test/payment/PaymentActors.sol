// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TestUsd} from "../../src/local/TestUsd.sol";
import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {InferencePayment} from "../../src/payment/InferencePayment.sol";
import {ISubnets} from "../../src/registry/ISubnets.sol";
import {IValidatorRegistry} from "../../src/registry/IValidatorRegistry.sol";
import {PackedRows} from "../support/PackedRows.sol";
import {Test} from "../support/Test.sol";

/// @notice Payers, their delegated keys, receivers of which one pays the protocol fee, an attacker and time, doing what they can to the contract in any order.
/// It notes what was signed and what came in, so that the invariants have something to compare with.
contract PaymentActors is Test {
    uint256 public constant CHANNELS = 6;
    uint256 private constant PAYERS = 3;
    uint256 private constant ATTACKER_KEY = 0xE1;
    uint40 private constant DELAY = 1 hours;
    uint128 private constant FUNDS = 1_000_000e6;

    InferencePayment public immutable payment;
    TestUsd public immutable usd;
    IValidatorRegistry public immutable registry;
    uint256 public immutable subnetId;
    address public immutable attacker = vm.addr(ATTACKER_KEY);

    uint256 public minted;
    uint256 public donated;
    uint256 public fees;
    mapping(address payer => uint128) public capLeft;
    mapping(bytes32 channelId => uint128) public signedCeiling;
    mapping(bytes32 channelId => uint256) public everAllocated;

    constructor(InferencePayment payment_, IValidatorRegistry registry_) {
        payment = payment_;
        registry = registry_;
        usd = new TestUsd(address(this));
        subnetId = registry_.createSubnet(
            "vision", address(usd), ISubnets.SubnetParameters(1, 1, 1, 14 days, 1 hours, 100, 0)
        );
        _stake(receiverAt(0));
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

    function delegate(uint256 who, uint128 cap) external {
        address payer = payerAt(who);
        capLeft[payer] = bound128(cap, 0, FUNDS / 4);
        vm.prank(payer);
        payment.delegate(delegateAt(who), address(usd), capLeft[payer]);
    }

    /// The key asks for anything; it gets no more than the cap, and only for its own channel.
    function allocateByDelegate(uint256 which, uint128 amount) external {
        IInferencePayment.ChannelConfig memory config = channelAt(which);
        uint128 balance = payment.balances(config.payer, address(usd));
        uint128 left = capLeft[config.payer];
        amount = bound128(amount, 1, uint256(left) + balance / 8 + 1);
        address key = delegateAt(which);
        bool isAllowed = key == config.payerAuthorizer && amount <= left && amount <= balance;
        vm.prank(key);
        try payment.allocate(config, amount) {
            vm.assertTrue(isAllowed, "allocated by the key");
            capLeft[config.payer] -= amount;
            everAllocated[payment.getChannelId(config)] += amount;
        } catch {
            vm.assertFalse(isAllowed, "refused to the key");
        }
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
        rows[1] = _row(config, _signerAt(which), ceiling, due);
        bytes32 otherId = payment.getChannelId(rows[0].voucher.channel);
        (, uint128 otherClaimed) = payment.channels(otherId);
        vm.prank(config.receiverAuthorizer);
        payment.claim(rows);

        (, uint128 nowClaimed) = payment.channels(id);
        vm.assertEq(nowClaimed, due > claimed ? due : claimed, "what was signed is claimed");
        (, uint128 otherNow) = payment.channels(otherId);
        vm.assertEq(otherNow, otherClaimed, "the bad row took nothing");
    }

    /// All channels of a receiver in one packed batch, any of them forged.
    function claimPacked(uint256 group, uint128[3] calldata ceilings, uint256 forged) external {
        group %= CHANNELS / PAYERS;
        IInferencePayment.VoucherClaim[] memory rows = new IInferencePayment.VoucherClaim[](PAYERS);
        uint128[] memory expected = new uint128[](PAYERS);
        for (uint256 i = 0; i < PAYERS; ++i) {
            uint256 which = group * PAYERS + i;
            bool isForged = forged >> i & 1 == 1;
            (rows[i], expected[i]) = _packedRow(which, ceilings[i], isForged);
        }
        IInferencePayment.AuthorizerForm form = formOf(group);
        vm.prank(rows[0].voucher.channel.receiverAuthorizer);
        payment.claimPacked(PackedRows.batchOf(rows[0].voucher.channel, form), PackedRows.pack(rows, form));
        for (uint256 i = 0; i < PAYERS; ++i) {
            (, uint128 claimed) = payment.channels(payment.getChannelId(rows[i].voucher.channel));
            vm.assertEq(claimed, expected[i], "packed row");
        }
    }

    /// The attacker names itself receiver, or sends what others signed as if it were theirs to send.
    function attackPacked(uint256 which, bool asReceiver) external {
        IInferencePayment.ChannelConfig memory config = channelAt(which);
        bytes32 id = payment.getChannelId(config);
        (, uint128 claimed) = payment.channels(id);
        IInferencePayment.AuthorizerForm form = formOf(which % CHANNELS / PAYERS);
        bytes memory packed =
            PackedRows.pack(_row(config, _signerAt(which), signedCeiling[id], signedCeiling[id]), form);
        if (asReceiver) config.receiver = attacker;
        vm.prank(attacker);
        try payment.claimPacked(PackedRows.batchOf(config, form), packed) {
            vm.assertTrue(asReceiver, "a stranger may not ask");
        } catch {
            vm.assertFalse(asReceiver, "its own batch is only empty of channels");
        }
        (, uint128 claimedNow) = payment.channels(id);
        vm.assertEq(claimedNow, claimed, "claimed after the attack");
        (uint128 earned,) = payment.receivers(attacker, address(usd));
        vm.assertEq(earned, 0, "attacker");
    }

    /// The attacker signs for others, and sends what others signed.
    function attack(uint256 which, uint128 amount) external {
        IInferencePayment.ChannelConfig memory config = channelAt(which);
        bytes32 id = payment.getChannelId(config);
        (uint128 balance, uint128 claimed) = payment.channels(id);
        amount = bound128(amount, 0, balance);
        IInferencePayment.VoucherClaim[] memory rows = new IInferencePayment.VoucherClaim[](2);
        rows[0] = _row(config, ATTACKER_KEY, amount, amount);
        rows[1] = _row(config, _signerAt(which), signedCeiling[id], signedCeiling[id]);
        vm.prank(attacker);
        payment.claim(rows);
        (uint128 balanceNow, uint128 claimedNow) = payment.channels(id);
        vm.assertEq(balanceNow, balance, "escrow after the attack");
        vm.assertEq(claimedNow, claimed, "claimed after the attack");
        payment.settle(attacker, address(usd));
    }

    function settle(uint256 who) external {
        address receiver = receiverAt(who);
        (uint128 claimed, uint128 settled) = payment.receivers(receiver, address(usd));
        if (who % 2 == 0) fees += uint256(claimed - settled) * 50 / 10_000;
        payment.settle(receiver, address(usd));
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
            payerAuthorizer: which < PAYERS ? address(0) : delegateAt(which),
            receiver: receiverAt(which / PAYERS),
            receiverAuthorizer: address(0xA07),
            token: address(usd),
            withdrawDelay: DELAY,
            salt: bytes32(which / PAYERS)
        });
    }

    function payerAt(uint256 who) public pure returns (address) {
        return vm.addr(_keyAt(who));
    }

    function delegateAt(uint256 who) public pure returns (address) {
        return vm.addr(_delegateKeyAt(who));
    }

    /// The channels of the first receiver are signed by the payers, those of the second by their keys.
    function formOf(uint256 group) public pure returns (IInferencePayment.AuthorizerForm) {
        return group == 0 ? IInferencePayment.AuthorizerForm.None : IInferencePayment.AuthorizerForm.Explicit;
    }

    function receiverAt(uint256 who) public pure returns (address) {
        return address(uint160(0xBEE0 + who % 2));
    }

    function _keyAt(uint256 who) private pure returns (uint256) {
        return 0xD1 + who % PAYERS;
    }

    function _delegateKeyAt(uint256 who) private pure returns (uint256) {
        return 0xF1 + who % PAYERS;
    }

    function _signerAt(uint256 which) private pure returns (uint256) {
        return which % CHANNELS < PAYERS ? _keyAt(which) : _delegateKeyAt(which);
    }

    function _stake(address operator) private {
        minted += 1;
        usd.mint(operator, 1);
        vm.prank(operator);
        usd.approve(address(registry), 1);
        vm.prank(operator);
        registry.stake(subnetId, ISubnets.Role.Gateway, 1);
    }

    /// The row, and what its channel's claimed total is once it was sent.
    function _packedRow(uint256 which, uint128 ceiling, bool isForged)
        private
        returns (IInferencePayment.VoucherClaim memory row, uint128 expected)
    {
        IInferencePayment.ChannelConfig memory config = channelAt(which);
        bytes32 id = payment.getChannelId(config);
        (uint128 balance, uint128 claimed) = payment.channels(id);
        ceiling = bound128(ceiling, 0, 2 * uint256(balance) + 2);
        uint128 total = ceiling < balance ? ceiling : balance;
        row = _row(config, isForged ? ATTACKER_KEY : _signerAt(which), ceiling, total);
        if (isForged) return (row, claimed);
        if (ceiling > signedCeiling[id]) signedCeiling[id] = ceiling;
        expected = total > claimed ? total : claimed;
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
        if (kind % 4 == 1) return _row(config, _signerAt(which), balance, balance + 1);
        if (kind % 4 == 2) return _row(config, _signerAt(which), balance + 1, balance + 1);
        return _row(config, _signerAt(which), claimed, claimed);
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
