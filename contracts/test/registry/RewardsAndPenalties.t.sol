// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IConsensus} from "../../src/registry/IConsensus.sol";
import {IPenalties} from "../../src/registry/IPenalties.sol";
import {IRewards} from "../../src/registry/IRewards.sol";
import {IStakes} from "../../src/registry/IStakes.sol";
import {ISubnets} from "../../src/registry/ISubnets.sol";
import {RegistryTest} from "../support/RegistryTest.sol";

contract RewardsAndPenaltiesTest is RegistryTest {
    bytes32 private constant ID = keccak256("penalty");
    bytes32 private constant REASON = keccak256("reason");
    bytes32 private constant SIBLING = keccak256("sibling");
    uint128 private constant STAKE = 10 * MINIMUM;
    address private node = operatorAt(9);
    address private account = address(0xACC);

    function setUp() public override {
        super.setUp();
        begin(4, STAKE);
        stake(node, NODE, 1000);
        usd.mint(address(this), 1_000_000);
        usd.approve(address(registry), 1_000_000);
        registry.fundRewards(subnet, address(usd), 100);
    }

    function test_ARewardIsPaidOnceAndGrows() public {
        _publishReward(30);
        vm.expectEmit(address(registry));
        emit IRewards.RewardClaimed(subnet, address(usd), account, 30, 30);
        _claim(30);
        _refusedClaim(30);
        _publishReward(45);
        _claim(45);
        vm.assertEq(usd.balanceOf(account), 45, "in all");
        vm.assertEq(registry.claimedReward(subnet, address(usd), account), 45, "claimed");
        vm.assertEq(registry.rewardPool(subnet, address(usd)), 55, "pool");
        _publishReward(44);
        _refusedClaim(44);
    }

    function test_AnEmptyPoolPaysWhatItHasAndTheRestStaysDue() public {
        _publishReward(130);
        _claim(130);
        vm.assertEq(usd.balanceOf(account), 100, "all there is");
        _refusedClaim(130);
        registry.fundRewards(subnet, address(usd), 50);
        _claim(130);
        vm.assertEq(usd.balanceOf(account), 130, "the rest");
        vm.assertEq(registry.rewardPool(subnet, address(usd)), 20, "left");
    }

    /// forge-config: deep.fuzz.runs = 1000
    function testFuzz_RewardsNeverExceedThePool(uint64[6] memory totals, uint64 funded) public {
        if (funded != 0) {
            usd.mint(address(this), funded);
            usd.approve(address(registry), funded);
            registry.fundRewards(subnet, address(usd), funded);
        }
        uint256 pool = 100 + uint256(funded);
        uint256 stakes = usd.balanceOf(address(registry)) - pool;
        for (uint256 i = 0; i < totals.length; ++i) {
            uint128 had = registry.claimedReward(subnet, address(usd), account);
            uint256 left = registry.rewardPool(subnet, address(usd));
            _publishReward(totals[i]);
            if (totals[i] <= had || left == 0) {
                _refusedClaim(totals[i]);
            } else {
                _claim(totals[i]);
            }
            uint256 paid = usd.balanceOf(account);
            vm.assertEq(paid, registry.claimedReward(subnet, address(usd), account), "counted");
            vm.assertEq(paid + registry.rewardPool(subnet, address(usd)), pool, "pool and paid");
            vm.assertEq(usd.balanceOf(address(registry)), stakes + pool - paid, "held");
        }
    }

    function test_OnlyWhatTheLatestRootSaysIsPaid() public {
        _publishReward(30);
        bytes memory refusal = abi.encodeWithSelector(IRewards.NotInRewardsRoot.selector, subnet);
        vm.expectRevert(refusal);
        registry.claimReward(subnet, address(usd), account, 31, proofOf(SIBLING));
        vm.expectRevert(refusal);
        registry.claimReward(subnet, address(usd), node, 30, proofOf(SIBLING));
        vm.expectRevert(refusal);
        registry.claimReward(subnet, address(this), account, 30, proofOf(SIBLING));
        vm.expectRevert(refusal);
        registry.claimReward(subnet, address(usd), account, 30, new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(IRewards.NotInRewardsRoot.selector, 9));
        registry.claimReward(9, address(usd), account, 30, proofOf(SIBLING));
        publish(SIBLING);
        vm.expectRevert(refusal);
        registry.claimReward(subnet, address(usd), account, 30, proofOf(SIBLING));
    }

    function test_ALeafOfOneKindIsNoneOfAnother() public {
        publish(rootOf(leafOf(abi.encode(uint8(3), subnet, ID)), SIBLING));
        vm.expectRevert(abi.encodeWithSelector(IRewards.NotInRewardsRoot.selector, subnet));
        _open(NODE, node, 400);
        // An inner node is no leaf: its 64 bytes are hashed once, those of a leaf twice.
        bytes32 inner = rootOf(leafOf(_penalty(NODE, node, 400)), SIBLING);
        publish(rootOf(inner, SIBLING));
        vm.expectRevert(abi.encodeWithSelector(IRewards.NotInRewardsRoot.selector, subnet));
        _open(NODE, node, 400);
    }

    function test_APenaltyFreezesAndIsExecutedAfterTheAppeal() public {
        _publishPenalty(NODE, node, 400);
        vm.expectEmit(address(registry));
        emit IStakes.StakeFrozen(subnet, NODE, node, 400);
        vm.expectEmit(address(registry));
        emit IPenalties.PenaltyOpened(subnet, ID, node, NODE, 400, REASON, uint40(START + 7 days));
        _open(NODE, node, 400);
        _checkStake(NODE, node, 600, 0, 400);
        vm.assertEq(registry.totalBonded(subnet, NODE), 600, "total");
        IPenalties.Penalty memory penalty = registry.getPenalty(subnet, ID);
        vm.assertEq(uint256(penalty.state), uint256(IPenalties.PenaltyState.Open), "open");
        vm.assertEq(uint256(penalty.role), uint256(NODE), "role");
        vm.assertEq(penalty.operator, node, "operator");
        vm.assertEq(penalty.amount, 400, "amount");
        vm.assertEq(penalty.executableAt, START + 7 days, "time");

        vm.expectRevert(abi.encodeWithSelector(IPenalties.PenaltyKnown.selector, ID));
        _open(NODE, node, 400);
        vm.warp(START + 7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IPenalties.AppealPending.selector, START + 7 days));
        registry.executePenalty(subnet, ID);
        vm.warp(START + 7 days);
        vm.expectEmit(address(registry));
        emit IPenalties.PenaltyExecuted(subnet, ID, 400);
        registry.executePenalty(subnet, ID);
        _checkStake(NODE, node, 600, 0, 0);
        vm.assertEq(registry.rewardPool(subnet, address(usd)), 500, "pool");
        _refusedEnds();
        vm.expectRevert(abi.encodeWithSelector(IPenalties.PenaltyKnown.selector, ID));
        _open(NODE, node, 400);
    }

    function test_APardonPutsTheStakeBackToWhereItWas() public {
        unbond(node, NODE, 300);
        _publishPenalty(NODE, node, 400);
        _open(NODE, node, 400);
        _checkStake(NODE, node, 600, 0, 400);
        vm.assertEq(registry.getStake(subnet, NODE, node).releaseAt, 0, "nothing unbonding");
        vm.expectRevert(IStakes.NothingUnbonding.selector);
        withdraw(node, NODE);
        _publishPardon();
        vm.expectEmit(address(registry));
        emit IPenalties.PenaltyPardoned(subnet, ID, 400);
        registry.pardonPenalty(subnet, ID, proofOf(SIBLING));
        _checkStake(NODE, node, 700, 300, 0);
        vm.assertEq(registry.getStake(subnet, NODE, node).releaseAt, START + DELAY, "as before");
        vm.assertEq(registry.totalBonded(subnet, NODE), 700, "total");
        vm.warp(START + DELAY);
        withdraw(node, NODE);
        vm.assertEq(usd.balanceOf(node), 300, "out");
        _refusedEnds();
    }

    function test_APardonNeverShortensWhatUnbondsSince() public {
        unbond(node, NODE, 300);
        _publishPenalty(NODE, node, 300);
        _open(NODE, node, 300);
        vm.warp(START + 5 days);
        unbond(node, NODE, 100);
        _publishPardon();
        registry.pardonPenalty(subnet, ID, proofOf(SIBLING));
        vm.assertEq(registry.getStake(subnet, NODE, node).releaseAt, START + 5 days + DELAY, "the later");
        _checkStake(NODE, node, 600, 400, 0);
    }

    function test_APardonNeedsALeafAndAnOpenPenalty() public {
        vm.expectRevert(abi.encodeWithSelector(IPenalties.PenaltyNotOpen.selector, ID));
        registry.pardonPenalty(subnet, ID, proofOf(SIBLING));
        _publishPenalty(NODE, node, 400);
        _open(NODE, node, 400);
        vm.expectRevert(abi.encodeWithSelector(IRewards.NotInRewardsRoot.selector, subnet));
        registry.pardonPenalty(subnet, ID, proofOf(SIBLING));
        vm.expectRevert(abi.encodeWithSelector(IPenalties.PenaltyNotOpen.selector, ID));
        registry.executePenalty(subnet + 1, ID);
    }

    function test_APenaltyTakesWhatThereIsAndWaitsForSomething() public {
        _publishPenalty(NODE, node, type(uint128).max);
        unbond(node, NODE, 1000);
        _open(NODE, node, type(uint128).max);
        _checkStake(NODE, node, 0, 0, 1000);

        address nobody = operatorAt(30);
        publish(rootOf(leafOf(_penalty(NODE, nobody, 5)), SIBLING));
        bytes32 first = ID;
        vm.expectRevert(abi.encodeWithSelector(IPenalties.PenaltyKnown.selector, first));
        _open(NODE, nobody, 5);
        bytes32 other = keccak256("other");
        publish(
            rootOf(leafOf(abi.encode(uint8(2), subnet, other, NODE, nobody, uint128(5), REASON)), SIBLING)
        );
        vm.expectRevert(abi.encodeWithSelector(IStakes.NothingToFreeze.selector, subnet, nobody));
        registry.openPenalty(subnet, other, NODE, nobody, 5, REASON, proofOf(SIBLING));
        stake(nobody, NODE, 3);
        registry.openPenalty(subnet, other, NODE, nobody, 5, REASON, proofOf(SIBLING));
        _checkStake(NODE, nobody, 0, 0, 3);
    }

    function test_APenalizedValidatorLosesItsSeatAndCanTakeItAgain() public {
        address validator = operatorAt(0);
        _publishPenalty(VALIDATOR, validator, STAKE);
        _open(VALIDATOR, validator, STAKE);
        vm.assertEq(registry.seats(subnet).length, 3, "lost");
        _publishPardon();
        registry.pardonPenalty(subnet, ID, proofOf(SIBLING));
        registry.takeSeat(subnet, validator);
        vm.assertEq(registry.seats(subnet).length, 4, "taken again");
    }

    function test_ASlashTakesFrozenStakeAndEmptiesThePenalty() public {
        address validator = operatorAt(0);
        unbond(validator, VALIDATOR, 2000);
        _publishPenalty(VALIDATOR, validator, 3000);
        _open(VALIDATOR, validator, 3000);
        _checkStake(VALIDATOR, validator, STAKE - 3000, 0, 3000);
        _equivocate(0);
        _checkStake(VALIDATOR, validator, 0, 0, 0);
        uint256 pool = registry.rewardPool(subnet, address(usd));
        vm.assertEq(pool, 100 + STAKE - STAKE / 10, "all of it");

        stake(validator, VALIDATOR, 2 * STAKE);
        bytes32 other = keccak256("other");
        publish(
            rootOf(leafOf(abi.encode(uint8(2), subnet, other, VALIDATOR, validator, STAKE, REASON)), SIBLING)
        );
        registry.openPenalty(subnet, other, VALIDATOR, validator, STAKE, REASON, proofOf(SIBLING));
        vm.warp(START + 7 days);
        registry.executePenalty(subnet, ID);
        _checkStake(VALIDATOR, validator, STAKE, 0, STAKE);
        vm.assertEq(registry.rewardPool(subnet, address(usd)), pool, "the first is empty");
        registry.executePenalty(subnet, other);
        _checkStake(VALIDATOR, validator, STAKE, 0, 0);
        vm.assertEq(registry.rewardPool(subnet, address(usd)), pool + STAKE, "the second is not");
    }

    function test_APardonAfterASlashGivesNothingBack() public {
        address validator = operatorAt(0);
        _publishPenalty(VALIDATOR, validator, 3000);
        _open(VALIDATOR, validator, 3000);
        _equivocate(0);
        _publishPardon();
        vm.expectEmit(address(registry));
        emit IPenalties.PenaltyPardoned(subnet, ID, 0);
        registry.pardonPenalty(subnet, ID, proofOf(SIBLING));
        _checkStake(VALIDATOR, validator, 0, 0, 0);
    }

    function _equivocate(uint256 who) private {
        IConsensus.Vote memory a = vote(N, 1, 1, "a");
        IConsensus.Vote memory b = vote(N, 1, 1, "b");
        registry.slashEquivocation(subnet, a, signed(secretAt(who), a), b, signed(secretAt(who), b));
    }

    function _publishReward(uint128 total) private {
        publish(rootOf(leafOf(abi.encode(uint8(1), subnet, address(usd), account, total)), SIBLING));
    }

    function _claim(uint128 total) private {
        registry.claimReward(subnet, address(usd), account, total, proofOf(SIBLING));
    }

    function _refusedClaim(uint128 total) private {
        vm.expectRevert(IRewards.NothingToClaim.selector);
        _claim(total);
    }

    function _penalty(ISubnets.Role role, address operator, uint128 amount)
        private
        view
        returns (bytes memory)
    {
        return abi.encode(uint8(2), subnet, ID, role, operator, amount, REASON);
    }

    function _publishPenalty(ISubnets.Role role, address operator, uint128 amount) private {
        publish(rootOf(leafOf(_penalty(role, operator, amount)), SIBLING));
    }

    function _publishPardon() private {
        publish(rootOf(leafOf(abi.encode(uint8(3), subnet, ID)), SIBLING));
    }

    function _open(ISubnets.Role role, address operator, uint128 amount) private {
        registry.openPenalty(subnet, ID, role, operator, amount, REASON, proofOf(SIBLING));
    }

    function _refusedEnds() private {
        bytes memory refusal = abi.encodeWithSelector(IPenalties.PenaltyNotOpen.selector, ID);
        vm.expectRevert(refusal);
        registry.executePenalty(subnet, ID);
        vm.expectRevert(refusal);
        registry.pardonPenalty(subnet, ID, proofOf(SIBLING));
    }

    function _checkStake(
        ISubnets.Role role,
        address operator,
        uint128 bonded,
        uint128 unbonding,
        uint128 frozen
    ) private view {
        IStakes.Stake memory found = registry.getStake(subnet, role, operator);
        vm.assertEq(found.bonded, bonded, "bonded");
        vm.assertEq(found.unbonding, unbonding, "unbonding");
        vm.assertEq(found.frozen, frozen, "frozen");
    }
}
