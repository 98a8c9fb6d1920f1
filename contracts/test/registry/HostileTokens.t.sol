// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IConsensus} from "../../src/registry/IConsensus.sol";
import {IStakes} from "../../src/registry/IStakes.sol";
import {FalseToken, FeeToken, LyingToken, ReentrantToken} from "../support/HostileTokens.sol";
import {RegistryTest} from "../support/RegistryTest.sol";

/// @notice Tokens that do not keep to the standard are refused, or harm their own subnet only.
contract RegistryHostileTokensTest is RegistryTest {
    address private operator = operatorAt(0);

    function test_TokensThatBringTooLittleAreRefused() public {
        FeeToken fee = new FeeToken();
        fee.mint(operator, 1000);
        _refused(address(fee), abi.encodeWithSelector(IStakes.TransferNotExact.selector, fee, 1000, 990));
        LyingToken liar = new LyingToken();
        _refused(address(liar), abi.encodeWithSelector(IStakes.TransferNotExact.selector, liar, 1000, 0));
        FalseToken refusing = new FalseToken();
        refusing.mint(operator, 1000);
        refusing.refuse();
        _refused(
            address(refusing), abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, refusing)
        );
    }

    function test_ATokenThatStopsPayingTakesNobodyElsesStake() public {
        FalseToken token = new FalseToken();
        token.mint(operator, 1000);
        uint256 good = subnet;
        subnet = registry.createSubnet("bad", address(token), parameters());
        _allow(address(token));
        vm.prank(operator);
        registry.stake(subnet, NODE, 1000);
        unbond(operator, NODE, 1000);
        token.refuse();
        vm.warp(START + DELAY);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token));
        withdraw(operator, NODE);
        vm.assertEq(registry.getStake(subnet, NODE, operator).unbonding, 1000, "kept");
        subnet = good;
        stake(operator, NODE, 5);
        unbond(operator, NODE, 5);
        vm.warp(START + 2 * DELAY);
        withdraw(operator, NODE);
        vm.assertEq(usd.balanceOf(operator), 5, "another subnet's");
    }

    function test_AReentrantTokenGetsInNowhere() public {
        ReentrantToken token = new ReentrantToken();
        token.mint(operator, 10_000);
        subnet = registry.createSubnet("again", address(token), parameters());
        _allow(address(token));
        bytes32 id = "id";
        bytes32[] memory none = new bytes32[](0);
        IConsensus.Vote memory v = vote(N, 1, 1, "a");
        IConsensus.Checkpoint memory c = checkpoint(1, 1, 0);
        bytes[11] memory attacks = [
            abi.encodeCall(registry.stake, (subnet, NODE, 100)),
            abi.encodeCall(registry.unbond, (subnet, NODE, 1)),
            abi.encodeCall(registry.withdrawStake, (subnet, NODE)),
            abi.encodeCall(registry.fundRewards, (subnet, address(token), 1)),
            abi.encodeCall(registry.claimReward, (subnet, address(token), operator, 1, none)),
            abi.encodeCall(registry.slashEquivocation, (subnet, v, "", v, "")),
            abi.encodeCall(registry.slashCheckpoints, (subnet, c, "", c, "")),
            abi.encodeCall(registry.openPenalty, (subnet, id, NODE, operator, 1, 0, none)),
            abi.encodeCall(registry.executePenalty, (subnet, id)),
            abi.encodeCall(registry.pardonPenalty, (subnet, id, none)),
            abi.encodeCall(registry.closeDispute, (id))
        ];
        for (uint256 i = 0; i < attacks.length; ++i) {
            token.arm(address(registry), attacks[i]);
            vm.prank(operator);
            registry.stake(subnet, NODE, 100);
            bytes4 expected = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
            vm.assertEq(bytes32(bytes4(token.answer())), bytes32(expected), "refused");
        }
    }

    function test_TheCodeFitsOnEveryChain() public view {
        vm.assertLe(address(registry).code.length, 24_576, "EIP-170");
        vm.assertLe(address(rules).code.length, 24_576, "EIP-170");
    }

    function _allow(address token) private {
        vm.prank(operator);
        (bool succeeded,) =
            token.call(abi.encodeWithSignature("approve(address,uint256)", address(registry), 10_000));
        vm.assertTrue(succeeded, "approve");
    }

    function _refused(address token, bytes memory reason) private {
        uint256 id = registry.createSubnet("hostile", token, parameters());
        _allow(token);
        vm.expectRevert(reason);
        vm.prank(operator);
        registry.stake(id, NODE, 1000);
        vm.expectRevert(reason);
        vm.prank(operator);
        registry.fundRewards(id, token, 1000);
    }
}
