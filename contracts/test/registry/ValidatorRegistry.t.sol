// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

import {TestUsd} from "../../src/local/TestUsd.sol";
import {IRewards} from "../../src/registry/IRewards.sol";
import {IStakes} from "../../src/registry/IStakes.sol";
import {ISubnets} from "../../src/registry/ISubnets.sol";
import {IValidatorRegistry} from "../../src/registry/IValidatorRegistry.sol";
import {Test} from "../support/Test.sol";

contract ValidatorRegistryTest is Test {
    uint256 private constant START = 1_800_000_000;
    uint40 private constant DELAY = 20 days;
    ISubnets.Role private constant GATEWAY = ISubnets.Role.Gateway;
    ISubnets.Role private constant NODE = ISubnets.Role.Node;
    ISubnets.Role private constant VALIDATOR = ISubnets.Role.Validator;

    address private owner = address(0x01);
    address private operator = address(0x02);
    address private other = address(0x03);
    IValidatorRegistry private registry;
    TestUsd private usd;
    uint256 private subnet;

    function setUp() public {
        vm.warp(START);
        registry = newRegistry();
        usd = new TestUsd(address(this));
        _fund(operator);
        _fund(other);
        vm.prank(owner);
        subnet = registry.createSubnet("text", address(usd), _parameters(DELAY));
    }

    function test_SubnetsCountFromOneAndKeepWhatTheyWereGiven() public {
        vm.expectEmit(address(registry));
        emit ISubnets.SubnetCreated(2, other, address(usd), "vision", _parameters(DELAY));
        vm.prank(other);
        uint256 second = registry.createSubnet("vision", address(usd), _parameters(DELAY));
        vm.assertEq(subnet, 1, "first");
        vm.assertEq(second, 2, "second");
        vm.assertEq(registry.subnetCount(), 2, "count");
        ISubnets.Subnet memory read = registry.getSubnet(2);
        vm.assertEq(read.name, "vision", "name");
        vm.assertEq(read.owner, other, "owner");
        vm.assertEq(read.stakeToken, address(usd), "token");
        vm.assertEq(read.parameters.minNodeStake, 100, "minimum");
    }

    function test_BadSubnetsAreRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ISubnets.InvalidSubnetName.selector, 0));
        registry.createSubnet("", address(usd), _parameters(DELAY));
        vm.expectRevert(abi.encodeWithSelector(ISubnets.InvalidSubnetName.selector, 65));
        registry.createSubnet(string(new bytes(65)), address(usd), _parameters(DELAY));
        vm.expectRevert(abi.encodeWithSelector(ISubnets.InvalidStakeToken.selector, other));
        registry.createSubnet("text", other, _parameters(DELAY));
    }

    function testFuzz_OnlyUnbondingDelaysInRangeAreTaken(uint40 delay) public {
        bool inRange = delay >= registry.MIN_UNBONDING_DELAY() && delay <= registry.MAX_UNBONDING_DELAY();
        bytes memory refusal = abi.encodeWithSelector(ISubnets.UnbondingDelayOutOfRange.selector, delay);
        if (!inRange) vm.expectRevert(refusal);
        registry.createSubnet("text", address(usd), _parameters(delay));
        if (!inRange) vm.expectRevert(refusal);
        _propose(delay);
    }

    function testFuzz_OnlyEpochLengthsAndFloorsInRangeAreTaken(uint40 length, uint16 floor) public {
        ISubnets.SubnetParameters memory parameters = _parameters(DELAY);
        (parameters.epochLength, parameters.verificationFloor) = (length, floor);
        bool lengthInRange = length >= registry.MIN_EPOCH_LENGTH() && length <= registry.MAX_EPOCH_LENGTH();
        bool floorInRange =
            floor >= registry.MIN_VERIFICATION_FLOOR() && floor <= registry.MAX_VERIFICATION_FLOOR();
        if (!lengthInRange) {
            vm.expectRevert(abi.encodeWithSelector(ISubnets.EpochLengthOutOfRange.selector, length));
        } else if (!floorInRange) {
            vm.expectRevert(abi.encodeWithSelector(ISubnets.VerificationFloorOutOfRange.selector, floor));
        }
        registry.createSubnet("text", address(usd), parameters);
    }

    function test_TheEndsOfEveryRangeAreTaken() public {
        ISubnets.SubnetParameters memory parameters = _parameters(14 days);
        (parameters.epochLength, parameters.verificationFloor) = (10 minutes, 100);
        registry.createSubnet("low", address(usd), parameters);
        parameters = _parameters(90 days);
        (parameters.epochLength, parameters.verificationFloor) = (30 days, 10_000);
        registry.createSubnet("high", address(usd), parameters);
    }

    function test_ProposedParametersWaitThreeDays() public {
        vm.expectEmit(address(registry));
        emit ISubnets.SubnetParametersProposed(subnet, _parameters(30 days), uint40(START + 3 days));
        _propose(30 days);
        (ISubnets.SubnetParameters memory waiting, uint40 effectiveAt) =
            registry.pendingSubnetParameters(subnet);
        vm.assertEq(waiting.unbondingDelay, 30 days, "waiting");
        vm.assertEq(effectiveAt, START + 3 days, "effective");

        vm.warp(START + 3 days - 1);
        vm.assertEq(registry.getSubnet(subnet).parameters.unbondingDelay, DELAY, "not yet");
        vm.warp(START + 3 days);
        vm.assertEq(registry.getSubnet(subnet).parameters.unbondingDelay, 30 days, "in force");
        (, effectiveAt) = registry.pendingSubnetParameters(subnet);
        vm.assertEq(effectiveAt, 0, "nothing waits");
        _stake(operator, NODE, 100);
        _unbond(operator, NODE, 100);
        vm.assertEq(registry.getStake(subnet, NODE, operator).releaseAt, block.timestamp + 30 days, "release");
    }

    function test_AProposalReplacesOneThatWaitsAndKeepsOneInForce() public {
        _propose(30 days);
        vm.warp(START + 2 days);
        _propose(40 days);
        vm.warp(START + 3 days);
        vm.assertEq(registry.getSubnet(subnet).parameters.unbondingDelay, DELAY, "the first is gone");
        vm.warp(START + 5 days);
        _propose(50 days);
        vm.assertEq(registry.getSubnet(subnet).parameters.unbondingDelay, 40 days, "the second holds");
        vm.warp(START + 8 days);
        vm.assertEq(registry.getSubnet(subnet).parameters.unbondingDelay, 50 days, "the third");
    }

    function test_AProposalCanBeTakenBackUntilItIsInForce() public {
        bytes memory refusal = abi.encodeWithSelector(ISubnets.NoParametersPending.selector, subnet);
        vm.expectRevert(refusal);
        vm.prank(owner);
        registry.cancelSubnetParameters(subnet);
        _propose(30 days);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NotSubnetOwner.selector, subnet, other));
        vm.prank(other);
        registry.cancelSubnetParameters(subnet);
        vm.expectEmit(address(registry));
        emit ISubnets.SubnetParametersCancelled(subnet);
        vm.prank(owner);
        registry.cancelSubnetParameters(subnet);
        vm.warp(START + 3 days);
        vm.assertEq(registry.getSubnet(subnet).parameters.unbondingDelay, DELAY, "as before");

        _propose(30 days);
        vm.warp(START + 6 days);
        vm.expectRevert(refusal);
        vm.prank(owner);
        registry.cancelSubnetParameters(subnet);
    }

    function test_OnlyTheOwnerProposesParameters() public {
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NotSubnetOwner.selector, subnet, other));
        vm.prank(other);
        registry.proposeSubnetParameters(subnet, _parameters(DELAY));
    }

    function test_TheFirstStakeMakesTheHome() public {
        vm.assertEq(registry.homeSubnet(operator), 0, "none");
        uint256 second = registry.createSubnet("vision", address(usd), _parameters(DELAY));
        vm.expectEmit(address(registry));
        emit IStakes.HomeSubnetChanged(operator, subnet);
        _stake(operator, GATEWAY, 1);
        vm.prank(operator);
        registry.stake(second, NODE, 100);
        vm.assertEq(registry.homeSubnet(operator), subnet, "first");

        vm.prank(operator);
        registry.setHomeSubnet(second);
        vm.assertEq(registry.homeSubnet(operator), second, "moved");
    }

    function test_AHomeNeedsBondedStake() public {
        bytes memory refusal = abi.encodeWithSelector(IStakes.NoStakeInSubnet.selector, subnet, operator);
        vm.expectRevert(refusal);
        vm.prank(operator);
        registry.setHomeSubnet(subnet);
        for (uint8 role = 0; role < 3; ++role) {
            _stake(operator, ISubnets.Role(role), 1000);
            vm.prank(operator);
            registry.setHomeSubnet(subnet);
            _unbond(operator, ISubnets.Role(role), 1000);
            vm.expectRevert(refusal);
            vm.prank(operator);
            registry.setHomeSubnet(subnet);
        }
        vm.assertEq(registry.homeSubnet(operator), subnet, "stays");
    }

    function test_RewardsArePulledIntoThePool() public {
        vm.expectEmit(address(registry));
        emit IRewards.RewardsFunded(subnet, address(usd), other, 70);
        vm.prank(other);
        registry.fundRewards(subnet, address(usd), 70);
        vm.prank(other);
        registry.fundRewards(subnet, address(usd), 5);
        vm.assertEq(registry.rewardPool(subnet, address(usd)), 75, "pool");
        vm.assertEq(usd.balanceOf(address(registry)), 75, "held");
        vm.expectRevert(IStakes.ZeroAmount.selector);
        registry.fundRewards(subnet, address(usd), 0);
    }

    function test_AnOperatorsStakeStaysBelowTwoToThe128() public {
        usd.mint(operator, type(uint256).max - usd.totalSupply());
        uint128 most = type(uint128).max;
        _stake(operator, NODE, most);
        _unbond(operator, NODE, most);
        vm.expectRevert(IStakes.StakeTooLarge.selector);
        _stake(operator, NODE, 100);
        _stake(operator, GATEWAY, most);
    }

    function test_OwnershipMovesInTwoSteps() public {
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NotSubnetOwner.selector, subnet, other));
        vm.prank(other);
        registry.transferSubnet(subnet, other);
        vm.prank(owner);
        registry.transferSubnet(subnet, other);
        vm.assertEq(registry.getSubnet(subnet).owner, owner, "not yet");
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NotPendingOwner.selector, subnet, operator));
        vm.prank(operator);
        registry.acceptSubnet(subnet);
        vm.prank(other);
        registry.acceptSubnet(subnet);
        vm.assertEq(registry.getSubnet(subnet).owner, other, "moved");
        vm.assertEq(registry.getSubnet(subnet).pendingOwner, address(0), "nobody pending");
    }

    function test_AnUnknownSubnetIsRefusedEverywhere() public {
        bytes memory refusal = abi.encodeWithSelector(ISubnets.UnknownSubnet.selector, 9);
        bytes[] memory calls = new bytes[](11);
        calls[0] = abi.encodeCall(registry.getSubnet, (9));
        calls[1] = abi.encodeCall(registry.proposeSubnetParameters, (9, _parameters(DELAY)));
        calls[2] = abi.encodeCall(registry.transferSubnet, (9, other));
        calls[3] = abi.encodeCall(registry.acceptSubnet, (9));
        calls[4] = abi.encodeCall(registry.stake, (9, NODE, 100));
        calls[5] = abi.encodeCall(registry.unbond, (9, NODE, 100));
        calls[6] = abi.encodeCall(registry.withdrawStake, (9, NODE));
        calls[7] = abi.encodeCall(registry.isActive, (9, NODE, operator));
        calls[8] = abi.encodeCall(registry.setHomeSubnet, (9));
        calls[9] = abi.encodeCall(registry.fundRewards, (9, address(usd), 1));
        calls[10] = abi.encodeCall(registry.cancelSubnetParameters, (9));
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool succeeded, bytes memory answer) = address(registry).call(calls[i]);
            vm.assertFalse(succeeded, "call");
            vm.assertEq(keccak256(answer), keccak256(refusal), "answer");
        }
    }

    function test_StakeCountsPerSubnetAndRole() public {
        vm.expectEmit(address(registry));
        emit IStakes.Staked(subnet, NODE, operator, 100, 100);
        _stake(operator, NODE, 100);
        _stake(operator, NODE, 1);
        _stake(other, NODE, 200);
        _stake(operator, GATEWAY, 1);
        vm.assertEq(registry.getStake(subnet, NODE, operator).bonded, 101, "node");
        vm.assertEq(registry.getStake(subnet, GATEWAY, operator).bonded, 1, "gateway");
        vm.assertEq(registry.getStake(subnet, VALIDATOR, operator).bonded, 0, "validator");
        vm.assertEq(registry.totalBonded(subnet, NODE), 301, "total of nodes");
        vm.assertEq(usd.balanceOf(address(registry)), 302, "held");
    }

    function test_ActiveMeansTheRolesMinimum() public {
        vm.assertFalse(registry.isActive(subnet, GATEWAY, operator), "no stake, though the minimum is zero");
        _stake(operator, GATEWAY, 1);
        _stake(operator, NODE, 100);
        _stake(operator, VALIDATOR, 1000);
        vm.assertTrue(registry.isActive(subnet, GATEWAY, operator), "gateway");
        vm.assertTrue(registry.isActive(subnet, NODE, operator), "node");
        vm.assertTrue(registry.isActive(subnet, VALIDATOR, operator), "validator");
        _unbond(operator, VALIDATOR, 1);
        vm.assertFalse(registry.isActive(subnet, VALIDATOR, operator), "one below the minimum");
    }

    function test_BadStakesAreRefused() public {
        vm.expectRevert(IStakes.ZeroAmount.selector);
        _stake(operator, NODE, 0);
        vm.expectRevert(abi.encodeWithSelector(IStakes.StakeBelowMinimum.selector, 99, 100));
        _stake(operator, NODE, 99);
        _stake(operator, NODE, 100);
        vm.expectRevert(IStakes.ZeroAmount.selector);
        _unbond(operator, NODE, 0);
        vm.expectRevert(abi.encodeWithSelector(IStakes.AmountAboveBonded.selector, 101, 100));
        _unbond(operator, NODE, 101);
        vm.expectRevert(IStakes.NothingUnbonding.selector);
        _withdraw(operator, NODE);
    }

    function test_StakeComesBackAfterTheDelay() public {
        _stake(operator, NODE, 100);
        vm.expectEmit(address(registry));
        emit IStakes.Unbonded(subnet, NODE, operator, 60, 40, uint40(START + DELAY));
        _unbond(operator, NODE, 60);
        vm.assertEq(registry.totalBonded(subnet, NODE), 40, "total");

        vm.warp(START + DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(IStakes.StillUnbonding.selector, uint40(START + DELAY)));
        _withdraw(operator, NODE);

        vm.warp(START + DELAY);
        _withdraw(operator, NODE);
        vm.assertEq(usd.balanceOf(operator), 1_000_000 - 40, "operator");
        vm.assertEq(registry.getStake(subnet, NODE, operator).releaseAt, 0, "nothing unbonding");
    }

    function test_UnbondingMoreRestartsTheDelay() public {
        _stake(operator, NODE, 100);
        _unbond(operator, NODE, 60);
        vm.warp(START + 1 days);
        _unbond(operator, NODE, 40);
        vm.warp(START + DELAY);
        vm.expectRevert(
            abi.encodeWithSelector(IStakes.StillUnbonding.selector, uint40(START + 1 days + DELAY))
        );
        _withdraw(operator, NODE);
        vm.warp(START + 1 days + DELAY);
        _withdraw(operator, NODE);
        vm.assertEq(usd.balanceOf(operator), 1_000_000, "operator");
    }

    function test_ANewDelayDoesNotMoveStakeThatIsUnbonding() public {
        _stake(operator, NODE, 100);
        _unbond(operator, NODE, 100);
        _propose(90 days);
        vm.warp(START + DELAY);
        _withdraw(operator, NODE);
        vm.assertEq(usd.balanceOf(operator), 1_000_000, "operator");
    }

    function testFuzz_HeldIsBondedAndUnbonding(uint128 staked, uint128 unbonded, uint256 elapsed) public {
        staked = bound128(staked, 100, 1_000_000);
        unbonded = bound128(unbonded, 1, staked);
        _stake(operator, NODE, staked);
        _stake(other, NODE, 500);
        _unbond(operator, NODE, unbonded);
        vm.warp(START + bound(elapsed, 0, 2 * uint256(DELAY)));
        if (block.timestamp >= START + DELAY) _withdraw(operator, NODE);

        IStakes.Stake memory position = registry.getStake(subnet, NODE, operator);
        vm.assertEq(registry.totalBonded(subnet, NODE), uint256(position.bonded) + 500, "total");
        uint256 owed = uint256(position.bonded) + position.unbonding + 500;
        vm.assertEq(usd.balanceOf(address(registry)), owed, "held");
        vm.assertEq(usd.balanceOf(operator) + position.bonded + position.unbonding, 1_000_000, "operator");
    }

    function test_TheDomainIsThatOfTheNetworksMessages() public view {
        (, string memory name, string memory version, uint256 chainId, address verifying,,) =
            IERC5267(address(registry)).eip712Domain();
        vm.assertEq(name, "NCN", "name");
        vm.assertEq(version, "2", "version");
        vm.assertEq(chainId, block.chainid, "chain");
        vm.assertEq(verifying, address(registry), "contract");
    }

    function _parameters(uint40 delay) private pure returns (ISubnets.SubnetParameters memory) {
        return ISubnets.SubnetParameters({
            minGatewayStake: 0,
            minNodeStake: 100,
            minValidatorStake: 1000,
            unbondingDelay: delay,
            epochLength: 1 hours,
            verificationFloor: 500,
            policy: keccak256("policy")
        });
    }

    function _propose(uint40 delay) private {
        vm.prank(owner);
        registry.proposeSubnetParameters(subnet, _parameters(delay));
    }

    function _fund(address account) private {
        usd.mint(account, 1_000_000);
        vm.prank(account);
        usd.approve(address(registry), type(uint256).max);
    }

    function _stake(address account, ISubnets.Role role, uint128 amount) private {
        vm.prank(account);
        registry.stake(subnet, role, amount);
    }

    function _unbond(address account, ISubnets.Role role, uint128 amount) private {
        vm.prank(account);
        registry.unbond(subnet, role, amount);
    }

    function _withdraw(address account, ISubnets.Role role) private {
        vm.prank(account);
        registry.withdrawStake(subnet, role);
    }
}
