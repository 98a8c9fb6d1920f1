// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {IConsensus} from "../../src/registry/IConsensus.sol";
import {IDisputes} from "../../src/registry/IDisputes.sol";
import {IStakes} from "../../src/registry/IStakes.sol";
import {ISubnets} from "../../src/registry/ISubnets.sol";
import {HostilePayment} from "../support/HostilePayment.sol";
import {PaymentTest} from "../support/PaymentTest.sol";

/// @notice Disputes with the real payment contract; `authorizer` is the gateway.
contract DisputesTest is PaymentTest {
    ISubnets.Role private constant GATEWAY = ISubnets.Role.Gateway;
    uint128 private constant STAKE = 10_000;
    uint256 private subnet;

    function setUp() public override {
        super.setUp();
        subnet = registry.createSubnet(
            "text", address(usd), ISubnets.SubnetParameters(0, 0, 0, 14 days, 1 hours, 500, 0)
        );
        _stake(authorizer, STAKE);
        _stake(stranger, STAKE);
        deposit(config, 100_000);
        claim(row(config, PAYER_KEY, 1000, 600));
    }

    function test_AnOverClaimIsPaidBackAndPunished() public {
        IDisputes.ChannelStatement memory statement = _statement(1000, 600);
        _over(200);
        uint256 before = usd.balanceOf(payer);
        bytes32 id = registry.statementDigest(statement);
        vm.expectEmit(address(registry));
        emit IDisputes.DisputeOpened(
            id, subnet, authorizer, address(payment), channelId, 200, 400, uint40(START + 3 days)
        );
        vm.assertEq(_open(statement), id, "id");
        IDisputes.Dispute memory dispute = registry.getDispute(id);
        vm.assertEq(dispute.payer, payer, "payer");
        vm.assertEq(dispute.voucherSigner, payer, "signer");
        vm.assertEq(dispute.overClaim, 200, "over");
        vm.assertEq(dispute.frozen, 400, "frozen");
        vm.assertEq(dispute.settledClaim, 800, "claimed");
        _checkStake(STAKE - 400, 0, 400);

        vm.warp(START + 3 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.AnswerPending.selector, START + 3 days));
        registry.closeDispute(id);
        vm.warp(START + 3 days);
        vm.expectEmit(address(registry));
        emit IDisputes.DisputeClosed(id, payer, 200, 200);
        registry.closeDispute(id);
        vm.assertEq(usd.balanceOf(payer) - before, 200, "paid back");
        vm.assertEq(registry.rewardPool(subnet, address(usd)), 200, "penalty");
        _checkStake(STAKE - 400, 0, 0);
        _refusedEnds(id);
    }

    function test_ALaterVoucherAnswers() public {
        IDisputes.ChannelStatement memory statement = _statement(1000, 600);
        vm.prank(authorizer);
        registry.unbond(subnet, GATEWAY, 100);
        claim(row(config, PAYER_KEY, 1500, 1200));
        bytes32 id = _open(statement);
        _checkStake(STAKE - 1200, 0, 1200);
        bytes memory low = _voucher(PAYER_KEY, 1199);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.VoucherTooLow.selector, 1199, 1200));
        registry.answerDispute(id, 1199, low);
        bytes memory foreign = _voucher(STRANGER_KEY, 1500);
        vm.expectRevert(IConsensus.InvalidSignature.selector);
        registry.answerDispute(id, 1500, foreign);
        bytes memory other = _voucher(PAYER_KEY, 1501);
        vm.expectRevert(IConsensus.InvalidSignature.selector);
        registry.answerDispute(id, 1500, other);
        bytes memory answer = _voucher(PAYER_KEY, 1500);
        vm.expectEmit(address(registry));
        emit IDisputes.DisputeAnswered(id, 1500);
        registry.answerDispute(id, 1500, answer);
        _checkStake(STAKE - 100, 100, 0);
        _refusedEnds(id);

        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotOverClaimed.selector, 1200, 1200));
        _open(statement);
        claim(row(config, PAYER_KEY, 1500, 1300));
        vm.assertEq(_open(statement), id, "what is new can be disputed");
        vm.assertEq(registry.getDispute(id).overClaim, 100, "and nothing else");
    }

    function test_AVoucherUpToTheStatementsMaximumAnswersNothing() public {
        IDisputes.ChannelStatement memory statement = _statement(1000, 600);
        _over(200);
        bytes32 id = _open(statement);
        bytes memory voucher = _voucher(PAYER_KEY, 1000);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.VoucherTooLow.selector, 1000, 800));
        registry.answerDispute(id, 1000, voucher);
        // Late, but nobody closed it.
        vm.warp(START + 30 days);
        registry.answerDispute(id, 1001, _voucher(PAYER_KEY, 1001));
        _checkStake(STAKE, 0, 0);
    }

    function test_APayersHotKeyAnswersToo() public {
        config = channelOf(payer, delegate, 7);
        channelId = payment.getChannelId(config);
        deposit(config, 1000);
        claim(row(config, DELEGATE_KEY, 500, 500));
        bytes32 id = _open(_statement(400, 300));
        bytes memory wrong = _voucher(PAYER_KEY, 500);
        vm.expectRevert(IConsensus.InvalidSignature.selector);
        registry.answerDispute(id, 500, wrong);
        registry.answerDispute(id, 500, _voucher(DELEGATE_KEY, 500));
    }

    function test_WhatIsWithinTheStatementIsNoOverClaim() public {
        IDisputes.ChannelStatement memory exact = _statement(1000, 600);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotOverClaimed.selector, 600, 600));
        _open(exact);
    }

    function test_OneDisputeAtATime() public {
        IDisputes.ChannelStatement memory statement = _statement(1000, 600);
        _over(200);
        bytes32 id = _open(statement);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.DisputeIsOpen.selector, id));
        _open(statement);
    }

    function test_HalfOfTooLittleIsHalf() public {
        vm.prank(authorizer);
        registry.unbond(subnet, GATEWAY, STAKE - 1);
        claim(row(config, PAYER_KEY, 60_000, 50_600));
        bytes32 id = _open(_statement(1000, 600));
        _checkStake(0, 0, STAKE);
        vm.warp(START + 3 days);
        uint256 before = usd.balanceOf(payer);
        registry.closeDispute(id);
        vm.assertEq(usd.balanceOf(payer) - before, STAKE / 2, "payer");
        vm.assertEq(registry.rewardPool(subnet, address(usd)), STAKE / 2, "pool");
        vm.expectRevert(abi.encodeWithSelector(IStakes.NothingToFreeze.selector, subnet, authorizer));
        _open(_statement(1000, 599));
    }

    function test_FrozenStakeLeavesInNoWay() public {
        _over(200);
        _open(_statement(1000, 600));
        vm.expectRevert(abi.encodeWithSelector(IStakes.AmountAboveBonded.selector, STAKE - 399, STAKE - 400));
        vm.prank(authorizer);
        registry.unbond(subnet, GATEWAY, STAKE - 399);
        vm.prank(authorizer);
        registry.unbond(subnet, GATEWAY, STAKE - 400);
        vm.warp(START + 14 days);
        vm.prank(authorizer);
        registry.withdrawStake(subnet, GATEWAY);
        vm.assertEq(usd.balanceOf(authorizer), STAKE - 400, "the rest");
        _checkStake(0, 0, 400);
    }

    function test_TheReceiverItselfMaySign() public {
        config.receiver = stranger;
        channelId = payment.getChannelId(config);
        deposit(config, 1000);
        claim(row(config, PAYER_KEY, 500, 500));
        IDisputes.ChannelStatement memory statement = _statement(400, 300);
        bytes memory proof = signature(STRANGER_KEY, registry.statementDigest(statement));
        bytes32 id = registry.openDispute(statement, proof, config);
        vm.assertEq(registry.getDispute(id).gateway, stranger, "who signed answers for it");
        vm.assertEq(registry.getStake(subnet, GATEWAY, authorizer).frozen, 0, "nobody else");
    }

    function test_AStatementMustBeTheGatewaysAboutThisChannel() public {
        IDisputes.ChannelStatement memory statement = _statement(1000, 500);
        bytes32 digest = registry.statementDigest(statement);
        bytes memory proof = signature(STRANGER_KEY, digest);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotSignedByReceiver.selector, stranger));
        registry.openDispute(statement, proof, config);
        vm.expectRevert(IConsensus.InvalidSignature.selector);
        registry.openDispute(statement, new bytes(65), config);
        proof = signature(AUTHORIZER_KEY, digest);
        statement.charged = 499;
        vm.expectRevert();
        registry.openDispute(statement, proof, config);
        statement.charged = 500;

        IInferencePayment.ChannelConfig memory other = config;
        other.salt = "other";
        vm.expectRevert(abi.encodeWithSelector(IDisputes.WrongChannel.selector, channelId));
        registry.openDispute(statement, proof, other);
        other.token = stranger;
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotStakeToken.selector, stranger));
        registry.openDispute(statement, proof, other);
        statement.subnetId = 9;
        vm.expectRevert(abi.encodeWithSelector(ISubnets.UnknownSubnet.selector, 9));
        registry.openDispute(statement, proof, config);
    }

    function test_AnotherRolesOrSubnetsStakeAnswersForNothing() public {
        uint256 other = registry.createSubnet(
            "vision", address(usd), ISubnets.SubnetParameters(0, 0, 0, 14 days, 1 hours, 500, 0)
        );
        usd.mint(authorizer, 50);
        vm.prank(authorizer);
        usd.approve(address(registry), 50);
        vm.prank(authorizer);
        registry.stake(other, ISubnets.Role.Node, 50);
        IDisputes.ChannelStatement memory statement = _statement(1000, 500);
        statement.subnetId = other;
        bytes memory proof = signature(AUTHORIZER_KEY, registry.statementDigest(statement));
        vm.expectRevert(abi.encodeWithSelector(IStakes.NothingToFreeze.selector, other, authorizer));
        registry.openDispute(statement, proof, config);
    }

    function test_ALyingPaymentContractHarmsWhoSignedForIt() public {
        HostilePayment liar = new HostilePayment();
        liar.tell(HostilePayment.Mode.Lie, channelId, type(uint128).max, 0);
        IDisputes.ChannelStatement memory statement = _statement(0, 0);
        statement.payment = address(liar);
        uint256 held = usd.balanceOf(address(registry));
        bytes32 id = _open(statement);
        _checkStake(0, 0, STAKE);
        vm.warp(START + 3 days);
        registry.closeDispute(id);
        vm.assertEq(usd.balanceOf(address(registry)), held - STAKE / 2, "half of its own stake");
        vm.assertEq(registry.getStake(subnet, GATEWAY, stranger).bonded, STAKE, "others");
    }

    function test_APaymentContractThatDoesNotAnswerOpensNothing() public {
        HostilePayment hostile = new HostilePayment();
        IDisputes.ChannelStatement memory statement = _statement(0, 0);
        statement.payment = address(hostile);
        bytes memory proof = signature(AUTHORIZER_KEY, registry.statementDigest(statement));
        for (uint8 mode = 1; mode <= uint8(HostilePayment.Mode.Reenter); ++mode) {
            hostile.tell(HostilePayment.Mode(mode), channelId, 1, 0);
            vm.expectRevert();
            registry.openDispute{gas: 3_000_000}(statement, proof, config);
        }
        statement.payment = stranger;
        proof = signature(AUTHORIZER_KEY, registry.statementDigest(statement));
        vm.expectRevert();
        registry.openDispute(statement, proof, config);
        _checkStake(STAKE, 0, 0);
    }

    function test_APayerThatCannotBePaidKeepsNothingOpen() public {
        HostilePayment liar = new HostilePayment();
        liar.tell(HostilePayment.Mode.Lie, channelId, 100, 0);
        IDisputes.ChannelStatement memory statement = _statement(0, 0);
        statement.payment = address(liar);
        config.payer = address(0);
        bytes32 id = _open(statement);
        vm.expectRevert(IConsensus.InvalidSignature.selector);
        registry.answerDispute(id, 100, new bytes(65));
        vm.warp(START + 3 days);
        vm.expectEmit(address(registry));
        emit IDisputes.DisputeClosed(id, address(0), 0, 200);
        registry.closeDispute(id);
        vm.assertEq(registry.rewardPool(subnet, address(usd)), 200, "all to the pool");
    }

    function testFuzz_ADisputeMovesWhatWasFrozenAndNothingElse(uint128 over, uint128 staked, bool answered)
        public
    {
        over = bound128(over, 1, 90_000);
        staked = bound128(staked, 1, 100_000);
        _stake(authorizer, staked);
        claim(row(config, PAYER_KEY, 600 + over, 600 + over));
        uint256 before = usd.balanceOf(payer);
        uint256 held = usd.balanceOf(address(registry));
        bytes32 id = _open(_statement(600, 600));
        uint256 frozen = registry.getDispute(id).frozen;
        uint256 total = uint256(STAKE) + staked;
        vm.assertEq(frozen, 2 * uint256(over) < total ? 2 * uint256(over) : total, "frozen");
        if (answered) {
            registry.answerDispute(id, 600 + over, _voucher(PAYER_KEY, 600 + over));
            vm.assertEq(usd.balanceOf(address(registry)), held, "nothing moved");
            _checkStake(uint128(total), 0, 0);
            return;
        }
        vm.warp(START + 3 days);
        registry.closeDispute(id);
        uint256 refund = usd.balanceOf(payer) - before;
        vm.assertEq(refund, frozen / 2, "half");
        vm.assertLe(refund, over, "never more than the over-claim");
        vm.assertEq(registry.rewardPool(subnet, address(usd)), frozen - refund, "the rest");
        vm.assertEq(usd.balanceOf(address(registry)), held - refund, "held");
    }

    function _stake(address operator, uint128 amount) private {
        usd.mint(operator, amount);
        vm.prank(operator);
        usd.approve(address(registry), amount);
        vm.prank(operator);
        registry.stake(subnet, GATEWAY, amount);
    }

    function _over(uint128 amount) private {
        claim(row(config, PAYER_KEY, 1000, 600 + amount));
    }

    function _statement(uint128 maxClaimableAmount, uint128 charged)
        private
        view
        returns (IDisputes.ChannelStatement memory)
    {
        return IDisputes.ChannelStatement(
            subnet, address(payment), channelId, maxClaimableAmount, charged, uint64(START)
        );
    }

    function _open(IDisputes.ChannelStatement memory statement) private returns (bytes32) {
        bytes32 digest = keccak256(
            abi.encode(
                keccak256(
                    "ChannelStatement(uint256 subnet,address payment,bytes32 channelId,uint128 maxClaimableAmount,uint128 charged,uint64 issuedAt)"
                ),
                statement
            )
        );
        digest = keccak256(abi.encodePacked(hex"1901", _separator(), digest));
        return registry.openDispute(statement, signature(AUTHORIZER_KEY, digest), config);
    }

    function _separator() private view returns (bytes32) {
        bytes32 typeHash =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        return
            keccak256(
                abi.encode(typeHash, keccak256("NCN"), keccak256("2"), block.chainid, address(registry))
            );
    }

    function _voucher(uint256 key, uint128 maxClaimableAmount) private view returns (bytes memory) {
        return signature(key, payment.getVoucherDigest(channelId, maxClaimableAmount));
    }

    function _refusedEnds(bytes32 id) private {
        bytes memory refusal = abi.encodeWithSelector(IDisputes.DisputeNotOpen.selector, id);
        vm.expectRevert(refusal);
        registry.closeDispute(id);
        vm.expectRevert(refusal);
        registry.answerDispute(id, type(uint128).max, "");
    }

    function _checkStake(uint128 bonded, uint128 unbonding, uint128 frozen) private view {
        IStakes.Stake memory found = registry.getStake(subnet, GATEWAY, authorizer);
        vm.assertEq(found.bonded, bonded, "bonded");
        vm.assertEq(found.unbonding, unbonding, "unbonding");
        vm.assertEq(found.frozen, frozen, "frozen");
    }
}
