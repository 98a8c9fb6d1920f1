// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TestUsd} from "../../src/local/TestUsd.sol";
import {Eip3009Collector} from "../../src/payment/Eip3009Collector.sol";
import {IInferencePayment} from "../../src/payment/IInferencePayment.sol";
import {InferencePayment} from "../../src/payment/InferencePayment.sol";
import {Authorizations} from "../../src/payment/TransferAuthorization.sol";
import {
    GreedyCollector,
    IdleCollector,
    PartialCollector,
    ReentrantCollector
} from "../support/HostileCollectors.sol";
import {PaymentTest} from "../support/PaymentTest.sol";

contract CollectorsTest is PaymentTest {
    bytes32 private constant RECEIVE_TYPEHASH = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    uint256 private constant SALT = 7;

    Eip3009Collector private collector;

    function setUp() public override {
        super.setUp();
        collector = new Eip3009Collector();
        vm.prank(payer);
        usd.approve(address(payment), 0);
    }

    function test_AnyoneSendsWhatThePayerSigned() public {
        bytes memory data = _data(payment, config, 1000);
        vm.expectEmit(address(payment));
        emit IInferencePayment.Deposited(channelId, stranger, 1000, 1000);
        vm.prank(stranger);
        payment.deposit(config, 1000, address(collector), data);

        vm.assertEq(escrowOf(channelId), 1000, "escrow");
        vm.assertEq(usd.balanceOf(address(payment)), 1000, "held");
        vm.assertEq(usd.balanceOf(address(collector)), 0, "collector");
        vm.assertEq(usd.balanceOf(payer), FUNDS - 1000, "payer");
    }

    function test_AnAuthorizationWorksOnce() public {
        bytes memory data = _data(payment, config, 1000);
        payment.deposit(config, 1000, address(collector), data);
        vm.expectRevert();
        payment.deposit(config, 1000, address(collector), data);
        vm.assertEq(escrowOf(channelId), 1000, "escrow");
    }

    function test_EachSaltIsAnAuthorizationOfItsOwn() public {
        payment.deposit(config, 1000, address(collector), _data(payment, config, 1000));
        payment.deposit(config, 1000, address(collector), _data(payment, config, 1000, SALT + 1));
        vm.assertEq(escrowOf(channelId), 2000, "escrow");
    }

    function test_AnAuthorizationFundsNoOtherChannel() public {
        IInferencePayment.ChannelConfig memory other = config;
        other.receiver = stranger;
        bytes memory data = _data(payment, config, 1000);
        vm.expectRevert();
        payment.deposit(other, 1000, address(collector), data);
    }

    function test_AnAuthorizationWorksForNoOtherContract() public {
        InferencePayment other = new InferencePayment(address(registry));
        bytes memory data = _data(payment, config, 1000);
        vm.expectRevert();
        other.deposit(config, 1000, address(collector), data);
        vm.prank(stranger);
        vm.expectRevert();
        collector.collect(config, 1000, data);
        vm.assertEq(usd.balanceOf(payer), FUNDS, "payer");
    }

    function testFuzz_AnotherAmountIsRefused(uint128 amount) public {
        amount = bound128(amount, 1, FUNDS);
        bytes memory data = _data(payment, config, 1000);
        if (amount != 1000) vm.expectRevert();
        payment.deposit(config, amount, address(collector), data);
    }

    function test_ACollectorMustBringExactlyTheAmount() public {
        fund(address(this), 10_000);
        address[3] memory wrong = [
            address(new IdleCollector()),
            address(new PartialCollector(usd)),
            address(new GreedyCollector(usd))
        ];
        uint16[3] memory brought = [0, 999, 1001];
        for (uint256 i = 0; i < wrong.length; ++i) {
            usd.mint(wrong[i], 2000);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IInferencePayment.TransferNotExact.selector, address(usd), 1000, brought[i]
                )
            );
            payment.deposit(config, 1000, wrong[i], "");
        }
        vm.assertEq(escrowOf(channelId), 0, "escrow");
    }

    function test_ACollectorWithoutCodeIsRefused() public {
        vm.expectRevert();
        payment.deposit(config, 1000, stranger, "");
    }

    /// A collector that calls back pays a channel of its own with the same tokens, or takes them out again.
    function test_AReentrantCollectorGetsInNowhere() public {
        ReentrantCollector reentrant = new ReentrantCollector(payment, usd);
        usd.mint(address(reentrant), 10_000);
        payment.deposit(config, 1000, address(reentrant), "");
        vm.assertEq(reentrant.refusals(), reentrant.attempts(), "every attempt was refused");
        vm.assertEq(usd.balanceOf(address(payment)), 1000, "held");
        vm.assertEq(payment.balances(address(reentrant), address(usd)), 0, "balance");
    }

    function _data(InferencePayment target, IInferencePayment.ChannelConfig memory channel, uint256 amount)
        private
        view
        returns (bytes memory)
    {
        return _data(target, channel, amount, SALT);
    }

    function _data(
        InferencePayment target,
        IInferencePayment.ChannelConfig memory channel,
        uint256 amount,
        uint256 salt
    ) private view returns (bytes memory) {
        bytes32 nonce = keccak256(abi.encode(target.getChannelId(channel), salt));
        bytes32 fields = keccak256(
            abi.encode(
                RECEIVE_TYPEHASH, channel.payer, address(collector), amount, START - 1, START + 1 hours, nonce
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", usd.DOMAIN_SEPARATOR(), fields));
        return abi.encode(START - 1, START + 1 hours, salt, signature(PAYER_KEY, digest));
    }
}
