// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TestUsd} from "../../src/local/TestUsd.sol";
import {InferencePayment} from "../../src/payment/InferencePayment.sol";
import {IValidatorRegistry} from "../../src/registry/IValidatorRegistry.sol";
import {Test} from "../support/Test.sol";
import {PaymentActors} from "./PaymentActors.sol";

contract InvariantsTest is Test {
    IValidatorRegistry private registry;
    InferencePayment private payment;
    TestUsd private usd;
    PaymentActors private actors;

    function setUp() public {
        vm.warp(1_800_000_000);
        registry = newRegistry();
        payment = new InferencePayment(address(registry));
        actors = new PaymentActors(payment, registry);
        usd = actors.usd();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(actors);
    }

    function invariant_ItHoldsExactlyWhatItOwes() public view {
        vm.assertEq(usd.balanceOf(address(payment)), _owed() + actors.donated(), "held");
    }

    function invariant_NothingIsMadeOrLost() public view {
        uint256 outside = usd.balanceOf(actors.attacker()) + usd.balanceOf(address(registry));
        for (uint256 i = 0; i < 3; ++i) {
            outside += usd.balanceOf(actors.payerAt(i)) + usd.balanceOf(actors.delegateAt(i));
        }
        for (uint256 i = 0; i < 2; ++i) {
            outside += usd.balanceOf(actors.receiverAt(i));
        }
        vm.assertEq(outside + usd.balanceOf(address(payment)), actors.minted(), "total");
    }

    function invariant_NobodyTakesMoreThanVoucherOrAllocation() public view {
        for (uint256 i = 0; i < actors.CHANNELS(); ++i) {
            bytes32 id = payment.getChannelId(actors.channelAt(i));
            (uint128 balance, uint128 claimed) = payment.channels(id);
            vm.assertLe(claimed, actors.signedCeiling(id), "voucher");
            vm.assertLe(claimed, balance, "escrow");
            vm.assertLe(balance, actors.everAllocated(id), "allocated");
        }
    }

    function invariant_ReceiversGetWhatTheirChannelsClaimed() public view {
        uint256[2] memory claimedOf;
        for (uint256 i = 0; i < actors.CHANNELS(); ++i) {
            (, uint128 claimed) = payment.channels(payment.getChannelId(actors.channelAt(i)));
            claimedOf[i / 3] += claimed;
        }
        for (uint256 i = 0; i < 2; ++i) {
            (uint128 claimed, uint128 settled) = payment.receivers(actors.receiverAt(i), address(usd));
            vm.assertEq(claimed, claimedOf[i], "claimed");
            uint256 fee = i == 0 ? actors.fees() : 0;
            vm.assertEq(usd.balanceOf(actors.receiverAt(i)) + fee, settled, "settled");
        }
    }

    function invariant_FeesAreInTheRewardPool() public view {
        vm.assertEq(registry.rewardPool(actors.subnetId(), address(usd)), actors.fees(), "pool");
        vm.assertEq(usd.allowance(address(payment), address(registry)), 0, "allowance");
    }

    function invariant_DelegatedKeysStayBelowTheirCapsAndOwnNothing() public view {
        for (uint256 i = 0; i < 3; ++i) {
            address payer = actors.payerAt(i);
            address key = actors.delegateAt(i);
            vm.assertEq(payment.delegations(payer, key, address(usd)), actors.capLeft(payer), "cap");
            vm.assertEq(usd.balanceOf(key) + payment.balances(key, address(usd)), 0, "key");
        }
    }

    function invariant_TheAttackerGainsNothing() public view {
        vm.assertEq(usd.balanceOf(actors.attacker()), 1_000_000e6, "attacker");
    }

    function _owed() private view returns (uint256 owed) {
        for (uint256 i = 0; i < actors.CHANNELS(); ++i) {
            (uint128 balance, uint128 claimed) = payment.channels(payment.getChannelId(actors.channelAt(i)));
            owed += balance - claimed;
        }
        for (uint256 i = 0; i < 3; ++i) {
            owed += payment.balances(actors.payerAt(i), address(usd));
        }
        for (uint256 i = 0; i < 2; ++i) {
            (uint128 claimed, uint128 settled) = payment.receivers(actors.receiverAt(i), address(usd));
            owed += claimed - settled;
        }
    }
}
