// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IConsensus} from "../../src/registry/IConsensus.sol";
import {IStakes} from "../../src/registry/IStakes.sol";
import {ISubnets} from "../../src/registry/ISubnets.sol";
import {RegistryTest} from "../support/RegistryTest.sol";

/// @notice When a validator's stake is free.
contract LeavingTest is RegistryTest {
    uint128 private constant STAKE = 10 * MINIMUM;
    address private leaver = operatorAt(0);

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < 5; ++i) {
            addValidator(i, STAKE);
        }
    }

    function test_WithoutASnapshotTheDelayIsAll() public {
        unbond(leaver, VALIDATOR, STAKE);
        vm.assertEq(_freeAt(), START + DELAY, "the delay");
        _staysUntil(START + DELAY);
    }

    function test_NothingUnbondingIsNeverFree() public view {
        vm.assertEq(_freeAt(), 0, "nothing");
    }

    function test_StakeThatVotesWaitsForItsEpochsCloseAndTheDelay() public {
        registry.takeSnapshot(subnet);
        unbond(leaver, VALIDATOR, STAKE);
        vm.warp(START + EPOCH);
        registry.takeSnapshot(subnet);
        vm.assertEq(_freeAt(), START + 90 days, "only if nobody hears of the subnet again");
        vm.warp(START + 50 days);
        _refusedUntil(START + 90 days);
        submit(checkpoint(1, 1, 0), 5);
        vm.assertEq(_freeAt(), START + 140 days, "and a checkpoint says that it lives");
        vm.warp(START + 60 days);
        submit(checkpoint(1, 2, setHashOf(2)), 5);
        _staysUntil(START + 60 days + DELAY);
    }

    function test_TheSameSetAgainKeepsTheStake() public {
        registry.takeSnapshot(subnet);
        unbond(leaver, VALIDATOR, STAKE);
        bytes32 first = setHashOf(1);
        uint256 time = START;
        for (uint64 epoch = 1; epoch < 6; ++epoch) {
            time += 15 days;
            vm.warp(time);
            submit(checkpoint(epoch, epoch, first), 5);
            vm.assertEq(_freeAt(), time + 90 days, "still votes");
        }
        registry.takeSnapshot(subnet);
        submit(checkpoint(6, 6, setHashOf(2)), 5);
        for (uint64 epoch = 7; epoch < 12; ++epoch) {
            _submitBy4(checkpoint(epoch, epoch, setHashOf(2)));
        }
        _staysUntil(time + DELAY);
    }

    function test_WhatIsLeftBondedVotesOnAndWhatLeftIsFree() public {
        registry.takeSnapshot(subnet);
        unbond(leaver, VALIDATOR, MINIMUM);
        vm.warp(START + EPOCH);
        registry.takeSnapshot(subnet);
        vm.assertEq(registry.getSnapshot(subnet, 2).totalStake, 5 * STAKE - MINIMUM, "less");
        submit(checkpoint(1, 1, setHashOf(2)), 5);
        vm.warp(START + 2 * EPOCH);
        registry.takeSnapshot(subnet);
        _staysUntil(START + EPOCH + DELAY);
        vm.assertEq(registry.getStake(subnet, VALIDATOR, leaver).bonded, STAKE - MINIMUM, "votes on");
    }

    function test_ASnapshotThatWasNeverUsedHoldsNobody() public {
        addValidator(5, STAKE);
        vm.warp(START + 1);
        registry.takeSnapshot(subnet);
        addValidator(6, STAKE);
        vm.warp(START + 1 + EPOCH);
        registry.takeSnapshot(subnet);
        unbond(operatorAt(6), VALIDATOR, STAKE);
        vm.warp(START + 1 + 2 * EPOCH);
        registry.takeSnapshot(subnet);
        submit(checkpoint(1, 1, setHashOf(3)), 6);
        leaver = operatorAt(6);
        _staysUntil(START + 1 + 2 * EPOCH + DELAY);
    }

    function test_ADeadSubnetLetsGoAfterNinetyDays() public {
        registry.takeSnapshot(subnet);
        unbond(leaver, VALIDATOR, STAKE);
        _staysUntil(START + 90 days);
    }

    function test_TheDelayIsThatOfTheUnbond() public {
        registry.takeSnapshot(subnet);
        unbond(leaver, VALIDATOR, STAKE);
        ISubnets.SubnetParameters memory longer = parameters();
        longer.unbondingDelay = 80 days;
        registry.proposeSubnetParameters(subnet, longer);
        vm.warp(START + 4 days);
        registry.takeSnapshot(subnet);
        submit(checkpoint(1, 1, setHashOf(2)), 5);
        _staysUntil(START + 4 days + DELAY);
    }

    function test_OtherRolesWaitForNoEpoch() public {
        stake(leaver, GATEWAY, 7);
        registry.takeSnapshot(subnet);
        unbond(leaver, GATEWAY, 7);
        vm.assertEq(registry.withdrawableAt(subnet, GATEWAY, leaver), START + DELAY, "the delay");
        vm.warp(START + DELAY);
        withdraw(leaver, GATEWAY);
    }

    /// @dev Whatever the times, who left is slashable for as long as evidence is taken.
    /// forge-config: deep.fuzz.runs = 2000
    function testFuzz_EvidenceComesBeforeTheStakeLeaves(
        uint256 closeAfter,
        uint256 reportAfter,
        uint256 leaveAfter
    ) public {
        registry.takeSnapshot(subnet);
        closeAfter = bound(closeAfter, EPOCH, 89 days);
        leaveAfter = bound(leaveAfter, 0, closeAfter);
        vm.warp(START + leaveAfter);
        unbond(leaver, VALIDATOR, STAKE);
        vm.warp(START + closeAfter);
        registry.takeSnapshot(subnet);
        submit(checkpoint(1, 1, setHashOf(2)), 5);
        vm.warp(block.timestamp + bound(reportAfter, 0, 10 days));
        bytes memory refusal =
            abi.encodeWithSelector(IStakes.StillUnbonding.selector, START + closeAfter + DELAY);
        vm.expectRevert(refusal);
        withdraw(leaver, VALIDATOR);

        IConsensus.Vote memory a = vote(N, 1, 1, "a");
        IConsensus.Vote memory b = vote(N, 1, 1, "b");
        registry.slashEquivocation(subnet, a, signed(secretAt(0), a), b, signed(secretAt(0), b));
        vm.assertEq(registry.rewardPool(subnet, address(usd)), STAKE - STAKE / 10, "all of it");
    }

    function _freeAt() private view returns (uint40) {
        return registry.withdrawableAt(subnet, VALIDATOR, leaver);
    }

    function _refusedUntil(uint256 time) private {
        vm.expectRevert(abi.encodeWithSelector(IStakes.StillUnbonding.selector, time));
        withdraw(leaver, VALIDATOR);
    }

    function _staysUntil(uint256 time) private {
        vm.warp(time - 1);
        _refusedUntil(time);
        vm.warp(time);
        uint128 amount = registry.getStake(subnet, VALIDATOR, leaver).unbonding;
        withdraw(leaver, VALIDATOR);
        vm.assertEq(usd.balanceOf(leaver), amount, "free");
    }

    /// @dev A checkpoint of the set without the leaver.
    function _submitBy4(IConsensus.Checkpoint memory message) private {
        bytes memory all;
        for (uint256 rank = 0; rank < 5; ++rank) {
            for (uint256 i = 1; i < 5; ++i) {
                if (rankOf(i, 5) == rank) all = bytes.concat(all, signed(secretAt(i), message));
            }
        }
        registry.submitCheckpoint(subnet, message, 15, all);
    }
}
