// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {InferencePayment} from "../../src/payment/InferencePayment.sol";
import {ISubnets} from "../../src/registry/ISubnets.sol";
import {PaymentTest} from "../support/PaymentTest.sol";

contract SettleTest is PaymentTest {
    uint256 private subnetId;

    function setUp() public override {
        super.setUp();
        subnetId = registry.createSubnet(
            "vision", address(usd), ISubnets.SubnetParameters(1, 1, 1, 14 days, 1 hours, 100, 0)
        );
        deposit(config, FUNDS);
    }

    function test_TheFeeGoesToTheSubnetOfTheReceiver() public {
        _join(receiver);
        claim(row(config, PAYER_KEY, 1_999_999, 1_999_999));
        vm.expectEmit(address(payment));
        emit IInferencePayment.Settled(receiver, address(usd), stranger, 1_999_999);
        vm.expectEmit(address(payment));
        emit IInferencePayment.ProtocolFeePaid(receiver, address(usd), subnetId, 9999);
        vm.prank(stranger);
        payment.settle(receiver, address(usd));

        vm.assertEq(usd.balanceOf(receiver), 1_990_000, "net");
        vm.assertEq(registry.rewardPool(subnetId, address(usd)), 9999, "pool");
        vm.assertEq(usd.allowance(address(payment), address(registry)), 0, "allowance");
        (uint128 claimed, uint128 settled) = payment.receivers(receiver, address(usd));
        vm.assertEq(claimed, 1_999_999, "claimed");
        vm.assertEq(settled, 1_999_999, "settled is gross");
    }

    function testFuzz_FeeAndRestAreTheWhole(uint128 amount) public {
        _join(receiver);
        amount = bound128(amount, 1, FUNDS);
        claim(row(config, PAYER_KEY, amount, amount));
        uint256 held = usd.balanceOf(address(payment));
        payment.settle(receiver, address(usd));
        uint256 pool = registry.rewardPool(subnetId, address(usd));
        vm.assertEq(pool, uint256(amount) * 5 / 1000, "fee is 0.5 per cent, rounded down");
        vm.assertEq(usd.balanceOf(receiver) + pool, amount, "the whole");
        vm.assertEq(usd.balanceOf(address(payment)), held - amount, "held");
    }

    function test_AReceiverOutsideEverySubnetPaysNoFee() public {
        claim(row(config, PAYER_KEY, 1_000_000, 1_000_000));
        payment.settle(receiver, address(usd));
        vm.assertEq(usd.balanceOf(receiver), 1_000_000, "receiver");
        vm.assertEq(registry.rewardPool(0, address(usd)), 0, "pool of nobody");
    }

    function test_AFeeBelowOneUnitIsNone() public {
        _join(receiver);
        claim(row(config, PAYER_KEY, 199, 199));
        payment.settle(receiver, address(usd));
        vm.assertEq(usd.balanceOf(receiver), 199, "receiver");
    }

    function test_ARegistryWithoutCodeIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IInferencePayment.InvalidRegistry.selector, stranger));
        new InferencePayment(stranger);
        vm.assertEq(payment.REGISTRY(), address(registry), "registry");
    }

    function test_TheCodePlacedElsewhereKnowsTheSameRegistry() public {
        address elsewhere = address(0x4020074e9dF2ce1deE5A9C1b5c3f541D02a10003);
        vm.etch(elsewhere, address(payment).code);
        vm.assertEq(InferencePayment(elsewhere).REGISTRY(), address(registry), "registry");
    }

    function _join(address operator) private {
        usd.mint(operator, 1);
        vm.prank(operator);
        usd.approve(address(registry), 1);
        vm.prank(operator);
        registry.stake(subnetId, ISubnets.Role.Gateway, 1);
    }
}
