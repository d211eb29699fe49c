./setup.sh
export KUBECONFIG="$PWD/liqo_kubeconf_venice"
export KUBECONFIG_FLORENCE="$PWD/liqo_kubeconf_florence"
export KUBECONFIG_NAPLES="$PWD/liqo_kubeconf_naples"
liqoctl status
liqoctl --kubeconfig $KUBECONFIG_FLORENCE status
liqoctl --kubeconfig $KUBECONFIG_NAPLES status
PEER_FLORENCE=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_FLORENCE)
PEER_NAPLES=$(liqoctl generate peer-command --only-command --kubeconfig $KUBECONFIG_NAPLES)
echo "$PEER_FLORENCE" | bash
echo "$PEER_NAPLES" | bash
kubectl get foreignclusters
kubectl get node --selector=liqo.io/type=virtual-node --show-labels
kubectl create namespace liqo-demo
liqoctl offload namespace liqo-demo \
  --namespace-mapping-strategy EnforceSameName \
  --pod-offloading-strategy LocalAndRemote \
  --selector 'topology.liqo.io/region=south'
kubectl get namespaceoffloadings offloading -n liqo-demo -o yaml
kubectl get namespaces liqo-demo --kubeconfig="$KUBECONFIG_NAPLES"
kubectl get namespaces liqo-demo --kubeconfig="$KUBECONFIG_FLORENCE"
kubectl apply -f ./manifests/deploy.yaml -n liqo-demo
kubectl get pod -n liqo-demo -o wide
liqoctl unoffload namespace liqo-demo
liqoctl unpeer out-of-band florence
liqoctl unpeer out-of-band naples
liqoctl uninstall
liqoctl uninstall --kubeconfig="$KUBECONFIG_FLORENCE"
liqoctl uninstall --kubeconfig="$KUBECONFIG_NAPLES"
liqoctl uninstall --purge
liqoctl uninstall --kubeconfig="$KUBECONFIG_FLORENCE" --purge
liqoctl uninstall --kubeconfig="$KUBECONFIG_NAPLES" --purge
kind delete cluster --name venice
kind delete cluster --name florence
kind delete cluster --name naples
