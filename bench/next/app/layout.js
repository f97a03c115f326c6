// Next asks for one, although the app has no page.
export default function Layout({ children }) {
  return children;
}
