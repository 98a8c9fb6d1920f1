// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TestUsd} from "../../src/local/TestUsd.sol";
import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {InferencePayment} from "../../src/payment/InferencePayment.sol";
import {IValidatorRegistry} from "../../src/registry/IValidatorRegistry.sol";
import {Test} from "./Test.sol";

/// @notice A payer with tokens, a receiver with an authorizer, and one channel between them.
abstract contract PaymentTest is Test {
    uint256 internal constant PAYER_KEY = 0xA1;
    uint256 internal constant DELEGATE_KEY = 0xA2;
    uint256 internal constant AUTHORIZER_KEY = 0xB1;
    uint256 internal constant STRANGER_KEY = 0xC1;
    uint128 internal constant FUNDS = 1_000_000e6;
    uint40 internal constant DELAY = 1 hours;
    uint256 internal constant START = 1_800_000_000;

    address internal payer = vm.addr(PAYER_KEY);
    address internal delegate = vm.addr(DELEGATE_KEY);
    address internal authorizer = vm.addr(AUTHORIZER_KEY);
    address internal stranger = vm.addr(STRANGER_KEY);
    address internal receiver = address(0xBEEF);

    IValidatorRegistry internal registry;
    InferencePayment internal payment;
    TestUsd internal usd;
    IInferencePayment.ChannelConfig internal config;
    bytes32 internal channelId;

    function setUp() public virtual {
        vm.warp(START);
        registry = newRegistry();
        payment = new InferencePayment(address(registry));
        usd = new TestUsd(address(this));
        fund(payer, FUNDS);
        config = channelOf(payer, address(0), 0);
        channelId = payment.getChannelId(config);
    }

    function fund(address account, uint256 amount) internal {
        usd.mint(account, amount);
        vm.prank(account);
        usd.approve(address(payment), type(uint256).max);
    }

    function channelOf(address payer_, address payerAuthorizer, uint256 salt)
        internal
        view
        returns (IInferencePayment.ChannelConfig memory)
    {
        return IInferencePayment.ChannelConfig({
            payer: payer_,
            payerAuthorizer: payerAuthorizer,
            receiver: receiver,
            receiverAuthorizer: authorizer,
            token: address(usd),
            withdrawDelay: DELAY,
            salt: bytes32(salt)
        });
    }

    function deposit(IInferencePayment.ChannelConfig memory channel, uint128 amount) internal {
        vm.prank(channel.payer);
        payment.deposit(channel, amount, address(0), "");
    }

    function row(IInferencePayment.ChannelConfig memory channel, uint256 key, uint128 ceiling, uint128 total)
        internal
        view
        returns (IInferencePayment.VoucherClaim memory)
    {
        bytes32 digest = payment.getVoucherDigest(payment.getChannelId(channel), ceiling);
        IInferencePayment.Voucher memory voucher = IInferencePayment.Voucher(channel, ceiling);
        return IInferencePayment.VoucherClaim(voucher, signature(key, digest), total);
    }

    function rowsOf(IInferencePayment.VoucherClaim memory only)
        internal
        pure
        returns (IInferencePayment.VoucherClaim[] memory rows)
    {
        rows = new IInferencePayment.VoucherClaim[](1);
        rows[0] = only;
    }

    function claim(IInferencePayment.VoucherClaim memory only) internal {
        claimAs(authorizer, only);
    }

    function claimAs(address sender, IInferencePayment.VoucherClaim memory only) internal {
        vm.prank(sender);
        payment.claim(rowsOf(only));
    }

    function claimedOf(bytes32 id) internal view returns (uint128 totalClaimed) {
        (, totalClaimed) = payment.channels(id);
    }

    function escrowOf(bytes32 id) internal view returns (uint128 balance) {
        (balance,) = payment.channels(id);
    }

    function expectSkip(bytes32 id, address sender, uint256 index, IInferencePayment.ClaimFault fault)
        internal
    {
        vm.expectEmit(address(payment));
        emit IInferencePayment.ClaimSkipped(id, sender, index, fault);
    }
}
