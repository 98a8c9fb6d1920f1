// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {TestUsd} from "../../src/local/TestUsd.sol";
import {IValidatorRegistry} from "../../src/registry/IValidatorRegistry.sol";
import {ValidatorRegistry} from "../../src/registry/ValidatorRegistry.sol";
import {FeeToken, ReentrantToken} from "../support/HostileTokens.sol";
import {Test} from "../support/Test.sol";

contract ValidatorRegistryTest is Test {
    uint256 private constant START = 1_800_000_000;
    uint40 private constant DELAY = 7 days;
    IValidatorRegistry.Role private constant GATEWAY = IValidatorRegistry.Role.Gateway;
    IValidatorRegistry.Role private constant NODE = IValidatorRegistry.Role.Node;
    IValidatorRegistry.Role private constant VALIDATOR = IValidatorRegistry.Role.Validator;

    address private owner = address(0x01);
    address private operator = address(0x02);
    address private other = address(0x03);
    ValidatorRegistry private registry;
    TestUsd private usd;
    uint256 private subnet;

    function setUp() public {
        vm.warp(START);
        registry = new ValidatorRegistry();
        usd = new TestUsd(address(this));
        _fund(operator);
        _fund(other);
        vm.prank(owner);
        subnet = registry.createSubnet("text", address(usd), _parameters(DELAY));
    }

    function test_SubnetsCountFromOneAndKeepWhatTheyWereGiven() public {
        vm.expectEmit(address(registry));
        emit IValidatorRegistry.SubnetCreated(2, other, address(usd), "vision", _parameters(DELAY));
        vm.prank(other);
        uint256 second = registry.createSubnet("vision", address(usd), _parameters(DELAY));
        vm.assertEq(subnet, 1, "first");
        vm.assertEq(second, 2, "second");
        vm.assertEq(registry.subnetCount(), 2, "count");
        IValidatorRegistry.Subnet memory read = registry.getSubnet(2);
        vm.assertEq(read.name, "vision", "name");
        vm.assertEq(read.owner, other, "owner");
        vm.assertEq(read.stakeToken, address(usd), "token");
        vm.assertEq(read.parameters.minNodeStake, 100, "minimum");
    }

    function test_BadSubnetsAreRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.InvalidSubnetName.selector, 0));
        registry.createSubnet("", address(usd), _parameters(DELAY));
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.InvalidSubnetName.selector, 65));
        registry.createSubnet(string(new bytes(65)), address(usd), _parameters(DELAY));
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.InvalidStakeToken.selector, other));
        registry.createSubnet("text", other, _parameters(DELAY));
    }

    function testFuzz_OnlyUnbondingDelaysInRangeAreTaken(uint40 delay) public {
        bool inRange = delay >= registry.MIN_UNBONDING_DELAY() && delay <= registry.MAX_UNBONDING_DELAY();
        bytes memory refusal =
            abi.encodeWithSelector(IValidatorRegistry.UnbondingDelayOutOfRange.selector, delay);
        if (!inRange) vm.expectRevert(refusal);
        registry.createSubnet("text", address(usd), _parameters(delay));
        if (!inRange) vm.expectRevert(refusal);
        vm.prank(owner);
        registry.setSubnetParameters(subnet, _parameters(delay));
    }

    function test_OnlyTheOwnerChangesParameters() public {
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.NotSubnetOwner.selector, subnet, other));
        vm.prank(other);
        registry.setSubnetParameters(subnet, _parameters(DELAY));

        vm.expectEmit(address(registry));
        emit IValidatorRegistry.SubnetParametersChanged(subnet, _parameters(2 days));
        vm.prank(owner);
        registry.setSubnetParameters(subnet, _parameters(2 days));
        vm.assertEq(registry.getSubnet(subnet).parameters.unbondingDelay, 2 days, "delay");
    }

    function test_OwnershipMovesInTwoSteps() public {
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.NotSubnetOwner.selector, subnet, other));
        vm.prank(other);
        registry.transferSubnet(subnet, other);
        vm.prank(owner);
        registry.transferSubnet(subnet, other);
        vm.assertEq(registry.getSubnet(subnet).owner, owner, "not yet");
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.NotPendingOwner.selector, subnet, operator));
        vm.prank(operator);
        registry.acceptSubnet(subnet);
        vm.prank(other);
        registry.acceptSubnet(subnet);
        vm.assertEq(registry.getSubnet(subnet).owner, other, "moved");
        vm.assertEq(registry.getSubnet(subnet).pendingOwner, address(0), "nobody pending");
    }

    function test_AnUnknownSubnetIsRefusedEverywhere() public {
        bytes memory refusal = abi.encodeWithSelector(IValidatorRegistry.UnknownSubnet.selector, 9);
        bytes[] memory calls = new bytes[](8);
        calls[0] = abi.encodeCall(registry.getSubnet, (9));
        calls[1] = abi.encodeCall(registry.setSubnetParameters, (9, _parameters(DELAY)));
        calls[2] = abi.encodeCall(registry.transferSubnet, (9, other));
        calls[3] = abi.encodeCall(registry.acceptSubnet, (9));
        calls[4] = abi.encodeCall(registry.stake, (9, NODE, 100));
        calls[5] = abi.encodeCall(registry.unbond, (9, NODE, 100));
        calls[6] = abi.encodeCall(registry.withdrawStake, (9, NODE));
        calls[7] = abi.encodeCall(registry.isActive, (9, NODE, operator));
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool succeeded, bytes memory answer) = address(registry).call(calls[i]);
            vm.assertFalse(succeeded, "call");
            vm.assertEq(keccak256(answer), keccak256(refusal), "answer");
        }
    }

    function test_StakeCountsPerSubnetAndRole() public {
        vm.expectEmit(address(registry));
        emit IValidatorRegistry.Staked(subnet, NODE, operator, 100, 100);
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
        vm.expectRevert(IValidatorRegistry.ZeroAmount.selector);
        _stake(operator, NODE, 0);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.StakeBelowMinimum.selector, 99, 100));
        _stake(operator, NODE, 99);
        _stake(operator, NODE, 100);
        vm.expectRevert(IValidatorRegistry.ZeroAmount.selector);
        _unbond(operator, NODE, 0);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.AmountAboveBonded.selector, 101, 100));
        _unbond(operator, NODE, 101);
        vm.expectRevert(IValidatorRegistry.NothingUnbonding.selector);
        _withdraw(operator, NODE);
    }

    function test_StakeComesBackAfterTheDelay() public {
        _stake(operator, NODE, 100);
        vm.expectEmit(address(registry));
        emit IValidatorRegistry.Unbonded(subnet, NODE, operator, 60, 40, uint40(START + DELAY));
        _unbond(operator, NODE, 60);
        vm.assertEq(registry.totalBonded(subnet, NODE), 40, "total");

        vm.warp(START + DELAY - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IValidatorRegistry.StillUnbonding.selector, uint40(START + DELAY))
        );
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
            abi.encodeWithSelector(IValidatorRegistry.StillUnbonding.selector, uint40(START + 1 days + DELAY))
        );
        _withdraw(operator, NODE);
        vm.warp(START + 1 days + DELAY);
        _withdraw(operator, NODE);
        vm.assertEq(usd.balanceOf(operator), 1_000_000, "operator");
    }

    function test_ANewDelayDoesNotMoveStakeThatIsUnbonding() public {
        _stake(operator, NODE, 100);
        _unbond(operator, NODE, 100);
        vm.prank(owner);
        registry.setSubnetParameters(subnet, _parameters(90 days));
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

        IValidatorRegistry.Stake memory position = registry.getStake(subnet, NODE, operator);
        vm.assertEq(registry.totalBonded(subnet, NODE), uint256(position.bonded) + 500, "total");
        uint256 owed = uint256(position.bonded) + position.unbonding + 500;
        vm.assertEq(usd.balanceOf(address(registry)), owed, "held");
        vm.assertEq(usd.balanceOf(operator) + position.bonded + position.unbonding, 1_000_000, "operator");
    }

    function test_AFeeTakingTokenIsRefused() public {
        FeeToken token = new FeeToken();
        token.mint(operator, 1000);
        vm.prank(operator);
        token.approve(address(registry), 1000);
        uint256 id = registry.createSubnet("fee", address(token), _parameters(DELAY));
        vm.expectRevert(
            abi.encodeWithSelector(IValidatorRegistry.TransferNotExact.selector, address(token), 1000, 990)
        );
        vm.prank(operator);
        registry.stake(id, NODE, 1000);
    }

    function test_AReentrantTokenGetsInNowhere() public {
        ReentrantToken token = new ReentrantToken();
        token.mint(operator, 1000);
        vm.prank(operator);
        token.approve(address(registry), 1000);
        uint256 id = registry.createSubnet("again", address(token), _parameters(DELAY));
        bytes[3] memory attacks = [
            abi.encodeCall(registry.stake, (id, NODE, 100)),
            abi.encodeCall(registry.unbond, (id, NODE, 1)),
            abi.encodeCall(registry.withdrawStake, (id, NODE))
        ];
        for (uint256 i = 0; i < attacks.length; ++i) {
            token.arm(address(registry), attacks[i]);
            vm.prank(operator);
            registry.stake(id, NODE, 100);
            bytes4 expected = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
            vm.assertEq(bytes32(bytes4(token.answer())), bytes32(expected), "refused");
        }
    }

    function test_TheDomainIsThatOfTheNetworksMessages() public view {
        (, string memory name, string memory version, uint256 chainId, address verifying,,) =
            registry.eip712Domain();
        vm.assertEq(name, "NCN", "name");
        vm.assertEq(version, "2", "version");
        vm.assertEq(chainId, block.chainid, "chain");
        vm.assertEq(verifying, address(registry), "contract");
    }

    function _parameters(uint40 delay) private pure returns (IValidatorRegistry.SubnetParameters memory) {
        return IValidatorRegistry.SubnetParameters({
            minGatewayStake: 0, minNodeStake: 100, minValidatorStake: 1000, unbondingDelay: delay
        });
    }

    function _fund(address account) private {
        usd.mint(account, 1_000_000);
        vm.prank(account);
        usd.approve(address(registry), type(uint256).max);
    }

    function _stake(address account, IValidatorRegistry.Role role, uint128 amount) private {
        vm.prank(account);
        registry.stake(subnet, role, amount);
    }

    function _unbond(address account, IValidatorRegistry.Role role, uint128 amount) private {
        vm.prank(account);
        registry.unbond(subnet, role, amount);
    }

    function _withdraw(address account, IValidatorRegistry.Role role) private {
        vm.prank(account);
        registry.withdrawStake(subnet, role);
    }
}
